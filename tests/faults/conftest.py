"""Stacks that tests may hurt."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import InstalledStack, Person


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    """A stack that these tests may hurt."""
    own = InstalledStack(tmp_path_factory.mktemp("hurt"))
    own.install()
    yield own
    own.remove()


@pytest.fixture(scope="module")
def user(own: InstalledStack) -> Person:
    user = own.person("alice")
    user.spawn()
    return user
