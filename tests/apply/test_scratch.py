"""Copies of a hub's database leave nothing behind, however a command ends."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from apply.scratch import scratch

HOLDER = """
import sys
from apply.scratch import scratch
with scratch() as folder:
    (folder / "accounts.json").write_text("{}")
    print(folder, flush=True)
    sys.stdin.read()
"""
MANY = """
from apply.scratch import scratch
for number in range(400):
    with scratch() as folder:
        (folder / "accounts.json").write_text("{}")
"""


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def holder() -> tuple["subprocess.Popen[str]", Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_the_folder_is_for_this_user_alone_and_goes_with_its_body() -> None:
    with scratch() as folder:
        (folder / "jupyterhub.sqlite").write_text("rows")
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)]

    assert modes == [0o700, 0o700]
    assert not folder.exists()


def test_what_a_killed_command_left_goes_with_the_next_one() -> None:
    process, left = holder()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (left / "accounts.json").exists()

    with scratch():
        assert not left.exists()


def test_the_folder_of_a_command_that_still_works_stays() -> None:
    process, other = holder()
    try:
        with scratch() as mine:
            assert mine != other
            assert (other / "accounts.json").exists()
    finally:
        process.communicate("")
    assert (process.returncode, other.exists()) == (0, False)


def test_commands_that_begin_while_others_end_do_not_stumble_over_their_folders(tmp_path: Path) -> None:
    several = [subprocess.Popen([sys.executable, "-c", MANY], stderr=subprocess.PIPE, text=True) for _ in range(3)]

    assert [process.communicate()[1] for process in several] == [""] * 3
    assert list((tmp_path / "buunstack" / "scratch").iterdir()) == []
