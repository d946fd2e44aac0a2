"""One installed stack serves every test that leaves it as it was."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import InstalledStack, Person


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    stack = InstalledStack(tmp_path_factory.mktemp("stack"))
    stack.install()
    yield stack
    stack.remove()


@pytest.fixture(scope="session")
def alice(stack: InstalledStack) -> Person:
    """Signed in, with a running server."""
    alice = stack.person("alice")
    alice.spawn()
    return alice


@pytest.fixture(scope="session")
def bob(stack: InstalledStack) -> Person:
    """Signed in, with a running server."""
    bob = stack.person("bob")
    bob.spawn()
    return bob
