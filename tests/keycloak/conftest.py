"""One Keycloak for the whole session; a realm of its own for each module."""

from collections.abc import Iterator

import pytest

from tests.keycloak.lab import Lab
from tests.keycloakserver import KeycloakServer, server


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeycloakServer]:
    """A running Keycloak; a test that stops one makes its own."""
    with server(tmp_path_factory.mktemp("keycloak")) as running:
        yield running


@pytest.fixture(scope="module")
def _lab(keycloak: KeycloakServer) -> Iterator[Lab]:
    made = Lab(keycloak, keycloak.new_realm())
    yield made
    made.remove()


@pytest.fixture
def lab(_lab: Lab) -> Lab:
    """The module's realm as it was at first, and what a stack wants of it."""
    _lab.clean()
    return _lab
