"""A notebook's environment as the hub sets it, against the real OpenBao."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from buunstack import SecretStore
from buunstack.log import log, set_up_log
from tests.buunstack.standins import HubEndpoint, serving
from tests.openbao import OpenBao
from tests.vault_lab import notebook_token

_numbers = itertools.count(1)
_VARIABLES = (
    *("NOTEBOOK_VAULT_TOKEN", "JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "BUUNSTACK_SECRETS_MOUNT"),
    *("BUUNSTACK_LOG_LEVEL", "VAULT_CLIENT_TIMEOUT"),
)

Requests = list[tuple[str, str]]


@dataclass
class Notebook:
    """One user's notebook server: what its environment holds, and the user's place in `bao`."""

    bao: OpenBao
    environment: pytest.MonkeyPatch
    segment: str

    @property
    def home(self) -> str:
        """The user's path below the mount."""
        return f"jupyter/users/jupyterhub.{self.segment}"

    def deliver(self, ttl: str = "1h") -> dict[str, Any]:
        """Set a new delivered token; what Vault said when it was made."""
        made = notebook_token(self.bao, self.segment, ttl)
        self.environment.setenv("NOTEBOOK_VAULT_TOKEN", made["client_token"])
        return made

    def delivered_store(self, ttl: str = "1h") -> SecretStore:
        """A store that uses a delivered token."""
        self.deliver(ttl)
        return SecretStore()

    def disable(self, disabled: bool = True) -> None:
        """Disable the user's account in Vault, or enable it again."""
        entity = notebook_token(self.bao, self.segment)["entity_id"] if disabled else self._entity
        self._entity = entity
        self.bao.ok("POST", f"identity/entity/id/{entity}", body={"disabled": disabled})


def notebook_in(bao: OpenBao, environment: pytest.MonkeyPatch) -> Notebook:
    """A new user's notebook, with no token yet."""
    notebook = Notebook(bao, environment, f"user{next(_numbers)}")
    for name in _VARIABLES:
        environment.delenv(name, raising=False)
    environment.setenv("VAULT_ADDR", bao.address)
    environment.setenv("VAULT_CACERT", str(bao.ca))
    environment.setenv("JUPYTERHUB_USER", notebook.segment)
    environment.setenv("BUUNSTACK_SECRETS_HOME", notebook.home)
    return notebook


@pytest.fixture
def notebook(openbao: OpenBao, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """A new user's notebook server, with no token yet."""
    return notebook_in(openbao, monkeypatch)


@pytest.fixture
def store(notebook: Notebook) -> SecretStore:
    """A new user's store, with a delivered token."""
    return notebook.delivered_store()


@pytest.fixture
def hub(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubEndpoint]:
    """The hub's endpoint for that user, named in the environment."""
    endpoint = HubEndpoint(notebook.bao, notebook.segment)
    monkeypatch.delenv("BUUNSTACK_SECRETS_HOME")
    with serving(endpoint) as address:
        monkeypatch.setenv("JUPYTERHUB_API_URL", address)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", endpoint.token)
        yield endpoint


@pytest.fixture
def log_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the log's level, as a notebook's environment does, until the test ends."""

    def set_level(level: str) -> None:
        monkeypatch.setenv("BUUNSTACK_LOG_LEVEL", level)
        set_up_log()

    before = log.level
    yield set_level
    log.setLevel(before)


@pytest.fixture
def requests_during(notebook: Notebook) -> Callable[[], AbstractContextManager[Requests]]:
    """A context whose list holds, afterwards, the requests that OpenBao audited within it."""

    @contextmanager
    def during() -> Iterator[Requests]:
        seen: Requests = []
        before = len(notebook.bao.requests_seen())
        yield seen
        seen += notebook.bao.requests_seen()[before:]

    return during
