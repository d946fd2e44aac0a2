"""What users' servers can read all the same is refused as a place for the state, or said."""

from pathlib import Path

import pytest

from apply import confinement
from apply.state import StateDirectory
from hub.local import confine
from spec.errors import StackError
from tests.spec.stacks import make_stack


def test_the_open_folders_are_those_of_the_code_that_confines() -> None:
    assert set(confinement.OPEN_FOLDERS) == {*confine._SYSTEM, "/dev/shm"}


@pytest.mark.parametrize("place", ["/opt/lab", "/etc/lab/state", "/dev/shm/lab", "/usr/../opt/lab"])
def test_a_state_directory_that_servers_may_read_is_refused(place: str) -> None:
    with pytest.raises(StackError, match="users' servers may read") as refusal:
        confinement.refuse_open(make_stack(), StateDirectory(Path(place)))

    assert "--state" in refusal.value.hint


def test_a_link_into_such_a_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/opt")

    with pytest.raises(StackError, match="/opt"):
        confinement.refuse_open(make_stack(), StateDirectory(tmp_path / "link" / "lab"))


def test_elsewhere_and_without_confinement_it_may_be(tmp_path: Path) -> None:
    confinement.refuse_open(make_stack(), StateDirectory(tmp_path))
    off = make_stack(target={"kind": "local", "confinement": "off"})
    confinement.refuse_open(off, StateDirectory(Path("/opt/lab")))


def test_a_key_that_servers_can_read_is_said() -> None:
    hub = {"tls": "files", "certificate": "/etc/lab/chain.pem", "key": "/etc/lab/key.pem"}

    said = confinement.warnings(make_stack(hub=hub), version=7)

    assert any("hub.key lies in /etc" in warning for warning in said)


@pytest.mark.parametrize(("version", "said"), [(7, False), (0, True)])
def test_a_kernel_without_landlock_is_said(version: int, said: bool) -> None:
    found = confinement.warnings(make_stack(), version)

    assert any("only admin may start a server" in warning for warning in found) == said


def test_running_as_root_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert any("runs as root" in warning for warning in confinement.warnings(make_stack(), 7))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert confinement.warnings(make_stack(), 7) == []
