"""What a secret costs: a get against the bare request, and against the usual pattern; many starts at once."""

import asyncio
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import hvac
from jupyterhub import orm

from buunstack import SecretStore
from hub.ledger import Ledger
from hub.settings import Vault
from hub.vaultapi import VaultApi
from tests.bench.measure import Ratio, ratio_of
from tests.bench.report import Report
from tests.e2e.stack import ROOT
from tests.hub.vaultside import VaultSide
from tests.openbao import OpenBao
from tests.vault_lab import notebook_token

PAIRS, WARM = 300, 30
GET_GOAL, PATTERN_GOAL, STALL_GOAL_MS, RENEWALS_GOAL = 1.6, 4.0, 100, 2.0
STARTS, TICK_SECONDS = 200, 0.002
LEASE_SECONDS, LEASES = 3, 6
_WORK = """
import sys, time
from buunstack import SecretStore
store, end = SecretStore(), time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    store.get("k")
    time.sleep(0.02)
"""


def measure_secrets(report: Report) -> None:
    """All of it against one OpenBao of its own, with TLS and raft storage."""
    with tempfile.TemporaryDirectory() as folder, OpenBao(Path(folder) / "bao") as bao:
        side = VaultSide(bao, Path(folder))
        _measure_get(report, bao)
        stall, seconds = asyncio.run(_storm(side, Path(folder)))
        report.milliseconds(
            f"longest stall of the loop while {STARTS} servers get their tokens at once", stall, STALL_GOAL_MS
        )
        report.seconds(f"{STARTS} tokens, made and noted", seconds, 10)
        _measure_renewals(report, bao)


def _measure_get(report: Report, bao: OpenBao) -> None:
    """The three ways in turns, in one process: what disturbs one disturbs its neighbours."""
    token = notebook_token(bao, "bench")["client_token"]
    os.environ |= {"VAULT_ADDR": bao.address, "VAULT_CACERT": str(bao.ca), "NOTEBOOK_VAULT_TOKEN": token}
    os.environ |= {"JUPYTERHUB_USER": "bench", "BUUNSTACK_SECRETS_HOME": "jupyter/users/jupyterhub.bench"}
    store = SecretStore()
    store.put("k", password="x" * 40)
    place = urlsplit(bao.address)
    context = ssl.create_default_context(cafile=str(bao.ca))
    bare = http.client.HTTPSConnection(place.hostname or "", place.port, context=context)

    def request() -> None:
        bare.request("GET", "/v1/secret/data/jupyter/users/jupyterhub.bench/k", headers={"X-Vault-Token": token})
        assert json.loads(bare.getresponse().read())["data"]

    def pattern() -> None:
        client = hvac.Client(url=bao.address, token=token, verify=str(bao.ca))
        assert client.auth.token.lookup_self()
        assert client.secrets.kv.v2.read_secret_version(
            "jupyter/users/jupyterhub.bench/k", raise_on_deleted_version=True
        )
        client.adapter.close()

    ways: tuple[Callable[[], object], ...] = (lambda: store.get("k"), request, pattern)
    times: list[tuple[float, ...]] = [tuple(map(_timed, ways)) for _ in range(WARM + PAIRS)][WARM:]
    ours, base, usual = ([row[number] for row in times] for number in range(3))
    report.paired("SecretStore.get", "a bare keep-alive HTTPS GET", _ratio(ours, base), GET_GOAL)
    report.paired(
        "lookup-self + read by hvac, new connection", "SecretStore.get", _ratio(usual, ours), PATTERN_GOAL, least=True
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ratio(one: list[float], other: list[float]) -> Ratio:
    return ratio_of([a / b for a, b in zip(one, other, strict=True)])


async def _storm(side: VaultSide, folder: Path) -> tuple[float, float]:
    """(longest stall in milliseconds, seconds in all): as the hub does it, token, note in the database, for each."""
    api = VaultApi(Vault(**side.settings), side.layout.stack)
    db = orm.new_session_factory(f"sqlite:///{folder / 'hub.sqlite'}")()
    await api.check()
    longest, stop = 0.0, asyncio.Event()

    async def tick() -> None:
        nonlocal longest
        while not stop.is_set():
            before = time.perf_counter()
            await asyncio.sleep(TICK_SECONDS)
            longest = max(longest, time.perf_counter() - before - TICK_SECONDS)

    async def start(number: int) -> None:
        given = await api.deliver(f"user{number}", "")
        Ledger(db).add(given.accessor, f"user{number}", "")

    ticking = asyncio.create_task(tick())
    started = time.perf_counter()
    await asyncio.gather(*map(start, range(STARTS)))
    seconds = time.perf_counter() - started
    stop.set()
    await ticking
    db.close()
    return longest * 1000, seconds


def _measure_renewals(report: Report, bao: OpenBao) -> None:
    """Calls for the token itself while a notebook works, counted in Vault's audit log, as if a lease were an hour."""
    token = notebook_token(bao, "bench", f"{LEASE_SECONDS}s")["client_token"]
    before = len(bao.requests_seen())
    environment = {**os.environ, "NOTEBOOK_VAULT_TOKEN": token, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", _WORK, str(LEASE_SECONDS * LEASES)], env=environment, check=True)
    calls = [path for _, path in bao.requests_seen()[before:] if path.startswith("auth/token/")]
    report.number("calls to keep a token, for each of its leases (1 h)", len(calls) / LEASES, RENEWALS_GOAL)
