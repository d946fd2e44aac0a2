"""A SecretStore as a server of a real hub has it."""

import time
from typing import Any

import pytest

from buunstack import SecretStore

_VARIABLES = (
    *("VAULT_ADDR", "VAULT_CACERT", "JUPYTERHUB_USER", "JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN"),
    *("NOTEBOOK_VAULT_TOKEN", "BUUNSTACK_SECRETS_HOME", "BUUNSTACK_SECRETS_MOUNT", "VAULT_CLIENT_TIMEOUT"),
)


def store_of(report: dict[str, Any], environment: pytest.MonkeyPatch) -> SecretStore:
    """A new store with the environment of the server that `RealHub.spawn` has reported."""
    for name in _VARIABLES:
        if name in report["environment"]:
            environment.setenv(name, report["environment"][name])
        else:
            environment.delenv(name, raising=False)
    return SecretStore()


def work(store: SecretStore, seconds: float) -> int:
    """Put and get for a while; how often. Any error ends it."""
    rounds, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        rounds += 1
        store.put("k", a=str(rounds))
        assert store.get("k", "a") == str(rounds)
        time.sleep(0.01)
    return rounds
