"""The state directory: private, whole files, one command at a time."""

import errno
import json
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from apply.state import StateDirectory, default_path, disk_errors
from spec.errors import StackError


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state = StateDirectory(tmp_path / "state")
    state.ensure()
    return state


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_0700_and_files_0600_whatever_the_umask(state: StateDirectory) -> None:
    before = os.umask(0)
    try:
        state.write("conf/a.json", "{}")
        state.write_secret("token", "t")
    finally:
        os.umask(before)

    assert {mode(state.path), mode(state.path / "conf"), mode(state.path / "secrets")} == {0o700}
    assert {mode(state.path / "conf" / "a.json"), mode(state.path / "secrets" / "token")} == {0o600}


def test_a_directory_that_was_opened_to_others_is_closed_again(state: StateDirectory) -> None:
    state.path.chmod(0o755)

    state.ensure()

    assert mode(state.path) == 0o700


def test_a_failed_write_leaves_the_old_file_and_no_rest(state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    state.write("conf/a.json", "old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "a.json")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StackError, match="disk is full"):
        state.write("conf/a.json", "new")

    assert state.read("conf/a.json") == "old"
    assert [path.name for path in (state.path / "conf").iterdir()] == ["a.json"]


def test_a_secret_is_made_once_and_an_empty_one_counts_as_missing(state: StateDirectory) -> None:
    state.ensure_secret("token")
    first = state.secret("token")
    state.ensure_secret("token")
    assert state.secret("token") == first

    (state.path / "secrets" / "token").write_text("")
    state.ensure_secret("token")
    assert state.secret("token") not in ("", first)


def test_a_json_file_that_was_cut_short_reads_as_missing(state: StateDirectory) -> None:
    state.write("conf/facts.json", '{"ports": {"pub')

    assert state.read_json("conf/facts.json") is None


def test_secrets_that_others_can_read_are_named(state: StateDirectory) -> None:
    state.write_secret("token", "t")
    assert state.wide_open() == []

    (state.path / "secrets" / "token").chmod(0o644)
    assert state.wide_open() == [state.path / "secrets" / "token"]


@pytest.mark.parametrize("name", ['a"b', "a$b", "a\nb", "a@{x}", "100%"])
def test_a_path_that_the_parts_could_misread_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StackError, match="character"):
        StateDirectory(tmp_path / name)


def test_a_directory_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4321)

    with pytest.raises(StackError, match="belongs to another user"):
        StateDirectory(tmp_path / "state").ensure()


def test_the_default_place_follows_the_xdg_directories(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path("lab") == tmp_path / "buunstack" / "lab"

    monkeypatch.setenv("XDG_STATE_HOME", "relative/paths/are/invalid")
    monkeypatch.setenv("HOME", "/home/ada")
    assert default_path("lab") == Path("/home/ada/.local/state/buunstack/lab")


def _hold(path: Path, held: "multiprocessing.synchronize.Event", release: "multiprocessing.synchronize.Event") -> None:
    with StateDirectory(path).lock("install", lambda text: None):
        held.set()
        release.wait(30)


def test_a_second_command_says_who_holds_the_lock_and_waits_for_it(state: StateDirectory) -> None:
    context = multiprocessing.get_context("fork")
    held, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(state.path, held, release))
    holder.start()
    assert held.wait(30)
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        release.set()

    with state.lock("uninstall", tell):
        lock = json.loads(state.path.with_name(".state.lock").read_text())

    holder.join(30)
    assert told == [f"waiting for `inv install` (process {holder.pid}), which works on the same stack"]
    assert lock == {"pid": os.getpid(), "command": "uninstall"}


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"pid": 1}'])
def test_a_damaged_lock_file_of_a_dead_command_holds_nobody(state: StateDirectory, content: str) -> None:
    state.path.with_name(".state.lock").write_text(content)

    with state.lock("install", pytest.fail):
        pass


def test_a_refused_write_is_a_sentence_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(StackError) as refused, disk_errors(tmp_path):
        (tmp_path / "missing" / "file").write_text("x")

    assert str(tmp_path / "missing" / "file") in refused.value.message
