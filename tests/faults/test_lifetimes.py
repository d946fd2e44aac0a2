"""A minute of work with tokens that live for 2 s and never longer than 4 s, with a real hub and a real OpenBao."""

import time
from pathlib import Path

import pytest

from buunstack import SecretStore
from render.vault import token_role
from tests.hub.realhub import RealHub
from tests.hub.vaultside import VaultSide
from tests.openbao import OpenBao

SECONDS = 60


def test_a_minute_of_work_across_many_tokens_has_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenBao(tmp_path / "bao") as bao:
        side = VaultSide(bao, tmp_path)
        bao.ok("PUT", f"auth/token/roles/{side.layout.token_role}", body=token_role(side.layout, "4s"))
        with RealHub(tmp_path / "state", vault={**side.settings, "ttl": "2s", "max_ttl": "4s"}) as hub:
            environment = hub.spawn("alice")["environment"]
            for name in ("VAULT_ADDR", "VAULT_CACERT", "JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_USER"):
                monkeypatch.setenv(name, environment[name])
            store, rounds, end = SecretStore(), 0, time.monotonic() + SECONDS
            while time.monotonic() < end:
                rounds += 1
                store.put("clock", round=str(rounds))
                assert store.get("clock", "round") == str(rounds)
                time.sleep(0.05)
        asked = [
            path for operation, path in bao.requests_seen() if path == f"auth/token/create/{side.layout.token_role}"
        ]

    assert rounds > SECONDS
    assert SECONDS / 4 * 0.8 < len(asked) < SECONDS
