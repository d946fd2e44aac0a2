"""One OpenBao and one hub serve the tests that leave them as they were."""

from collections.abc import Iterator

import pytest

from tests.hub.examples import profile
from tests.hub.realhub import RealHub
from tests.hub.vaultside import VaultSide
from tests.openbao import OpenBao

PROFILES = [
    profile("minimal", default=True),
    profile("pytorch", available=False, reason="is a container image"),
    profile("secret-lab", groups=["science"]),
    profile("other-lab", groups=["others"]),
]


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultSide]:
    """An OpenBao of these tests' own: they seal it."""
    folder = tmp_path_factory.mktemp("vault")
    with OpenBao(folder) as bao:
        yield VaultSide(bao, folder)


@pytest.fixture(scope="session")
def hub(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    """A hub where everybody may sign in."""
    folder = tmp_path_factory.mktemp("hub") / "state"
    with RealHub(folder, vault=vault.settings, profiles=PROFILES) as hub:
        yield hub
