"""Parts that more than one folder of tests uses."""

from collections.abc import Iterator

import pytest

from tests.openbao import OpenBao
from tests.vault_lab import prepare


@pytest.fixture(scope="session")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """A running OpenBao with the stack `jupyterhub`; a test that stops or seals one makes its own."""
    with OpenBao(tmp_path_factory.mktemp("openbao")) as bao:
        prepare(bao)
        yield bao
