"""A kernel that cannot keep users apart: said at install and in the status, and only one user is let in."""

import sys
from collections.abc import Iterator

import pytest

from tests.e2e.stack import ROOT, InstalledStack

NO_LANDLOCK = ROOT / "tests" / "hub" / "local" / "no_landlock.py"


class OldKernel(InstalledStack):
    """Commands, and all they start, see no Landlock."""

    def command(self, *words: str) -> list[str]:
        return [sys.executable, str(NO_LANDLOCK), "--", *super().command(*words)]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldKernel]:
    old = OldKernel(tmp_path_factory.mktemp("old"))
    yield old
    old.remove()


def test_install_says_so_and_only_the_administrator_starts_a_server(old: OldKernel) -> None:
    said = old.inv("install", "--yes")
    old.url = said.stdout.strip().rstrip("/")

    assert "cannot keep users apart, so only admin may start a server" in said.stderr
    assert "none: this kernel has no Landlock" in old.inv("status").stdout
    page = old.person("alice").get("/hub/spawn")
    started = page.text + old.person("bob").post("/hub/api/users/bob/server", json={}).text
    assert "cannot keep users apart" in started


def test_turned_off_everybody_is_let_in_and_a_warning_says_what_that_means(old: OldKernel) -> None:
    old.declare(target={"kind": "local", "confinement": "off"})

    said = old.inv("install", "--yes")

    assert "every user can read every other user's files" in said.stderr
    carol = old.person("carol")
    carol.spawn()
    assert carol.run("print(1 + 1)") == "2\n"
