"""The renewer as its container runs it: the files that are mounted, the variables, a signal at the end."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from render.found import Found
from render.hubfiles import cluster_files, file_key
from render.values import chart_values
from spec.load import parse
from tests.hub.renewer.bench import Bench
from tests.hub.vaultside import VaultSide
from tests.openbao import free_port
from tests.spec.stacks import CLUSTER

STACK = CLUSTER + "vault: {address: https://vault.lab.internal, hub_login: token}\nca: ca.pem\n"


@pytest.fixture
def bench(vault: VaultSide, tmp_path: Path) -> Bench:
    return Bench(vault.bao, tmp_path)


def mounted(folder: Path) -> Path:
    """The code as the volume of the container shows it."""
    stack = parse(STACK, "f")[0]
    hub = chart_values(stack, Found(ca="authority"))["hub"]
    (volume,) = [one for one in hub["extraVolumes"] if one["name"] == "renewer-code"]
    by_key = {file_key(path): text for path, text in cluster_files(stack, Found(ca="authority")).items()}
    assert {item["key"] for item in volume["secret"]["items"]} <= hub["extraFiles"].keys()
    for item in volume["secret"]["items"]:
        path = folder / item["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(by_key[item["key"]])
    return folder


@contextmanager
def renewer(bench: Bench, code: Path, **changes: Any) -> Iterator["subprocess.Popen[str]"]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(code),
        "VAULT_ADDR": bench.bao.address,
        "VAULT_CACERT": str(bench.bao.ca),
        "RENEWER_SOURCE": str(bench.source),
        "RENEWER_TARGET": str(bench.target),
        "RENEWER_POLL_SECONDS": "0.1",
        **changes,
    }
    command = [sys.executable, "-m", "hub.renewer"]
    with subprocess.Popen(command, cwd=code, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def answer(port: int, path: str) -> requests.Response | None:
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5)
    except requests.ConnectionError:
        return None


def eventually(check: Any, seconds: float = 20) -> Any:
    until = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


def test_it_says_whether_there_is_a_token_and_ends_at_once_when_it_is_told_to(bench: Bench, tmp_path: Path) -> None:
    port = free_port()

    def said(status: int, words: str) -> requests.Response:
        return eventually(  # type: ignore[no-any-return]
            lambda: (
                (found := answer(port, "/readyz")) is not None
                and (found.status_code, words in found.text) == (status, True)
                and [found]
            )
        )[0]

    with renewer(bench, mounted(tmp_path / "code"), RENEWER_HEALTH_PORT=str(port)) as process:
        said(503, "no token yet")
        assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200
        token = bench.give(period="1h")
        ready = said(200, "in use: the token with accessor")
        numbers = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
        log = process.stderr.read() if process.stderr else ""

    assert bench.handed() == token
    assert 'buunstack_vault_renewer_renewals_total{outcome="renewed"} 1.0' in numbers
    assert "in use: the token with accessor" in log
    assert token not in log + numbers + ready.text


def test_a_variable_that_is_missing_ends_it_with_a_sentence(bench: Bench, tmp_path: Path) -> None:
    with renewer(bench, mounted(tmp_path / "code"), VAULT_ADDR="") as process:
        assert process.wait(20) == 2
        assert process.stderr is not None
        assert process.stderr.read() == "renewer: VAULT_ADDR is not set\n"


def test_killed_at_any_moment_it_leaves_a_whole_token(bench: Bench, tmp_path: Path) -> None:
    code, chance = mounted(tmp_path / "code"), random.Random(7)
    given = set()
    for _ in range(6):
        given.add(bench.give(period="1h"))
        with renewer(bench, code, RENEWER_HEALTH_PORT=str(free_port())) as process:
            eventually(bench.handed)
            given.add(bench.give(period="1h"))
            time.sleep(chance.uniform(0.0, 0.3))  # the moment of the kill, not a wait for anything
            process.kill()
        assert bench.handed() in given
