"""A stack file that has been checked is not read again for a command that asks the hub alone."""

import sys
from pathlib import Path

import pytest

from apply import hubaccess
from apply.hubapi import HubApi
from apply.state import FACTS, StateDirectory
from spec.errors import SpecError, StackError

STACK = "version: 1\nname: lab\ntarget: {kind: local}\nauth: {kind: native, admin_users: [ada]}\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    file = tmp_path / "stack.yaml"
    file.write_text(STACK)
    return file


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    """Of an installed stack."""
    found = StateDirectory(tmp_path / "state")
    found.ensure()
    found.write(FACTS, '{"ports": {"hub_port": 1}}')
    found.write_secret("admin-service-token", "t")
    return found


def asked(spec: Path, state: StateDirectory) -> HubApi:
    with hubaccess.hub(str(spec), str(state.path)) as api:
        return api


def is_noted(spec: Path, state: StateDirectory) -> bool:
    return hubaccess._checked(spec.read_text(), str(state.path)) is not None


def test_the_first_command_checks_the_file_and_the_next_need_not(spec: Path, state: StateDirectory) -> None:
    assert not is_noted(spec, state)

    asked(spec, state)

    assert is_noted(spec, state)
    assert asked(spec, state)._url == "http://127.0.0.1:1/hub/api"


def test_a_file_that_has_changed_is_checked_again(spec: Path, state: StateDirectory) -> None:
    asked(spec, state)
    spec.write_text(STACK + "colour: blue\n")

    with pytest.raises(SpecError):
        asked(spec, state)


def test_the_directory_of_a_stack_is_found_by_the_name_in_the_file(
    spec: Path, state: StateDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(state.path.parent / "xdg"))
    usual = state.path.parent / "xdg" / "buunstack" / "lab"
    usual.parent.mkdir(parents=True)
    state.path.rename(usual)

    for _ in range(2):
        with hubaccess.hub(str(spec), None) as api:
            assert api._token == "t"


def test_nothing_installed_is_said_whether_or_not_the_file_is_known(spec: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(StackError, match="no stack is installed"):
            asked(spec, StateDirectory(tmp_path / "nothing"))


def test_a_file_that_is_not_there_has_the_usual_message(tmp_path: Path, state: StateDirectory) -> None:
    with pytest.raises(StackError, match=r"stack\.yaml"):
        asked(tmp_path / "stack.yaml", state)


def test_neither_reader_of_stack_files_is_loaded_for_a_known_file() -> None:
    import subprocess

    code = "import sys; import apply.tokens; sys.exit(bool({'yaml', 'msgspec', 'spec.load'} & sys.modules.keys()))"

    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
