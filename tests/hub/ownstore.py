"""A SecretStore as a server of a real hub has it."""

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
