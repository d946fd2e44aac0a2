"""A backup is one whole file, and nothing of one is believed that was not looked at."""

import hashlib
import io
import json
import os
import signal
import stat
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from apply import backuparchive
from spec.errors import StackError
from tests.e2e.stack import ROOT, eventually

MANIFEST: dict[str, Any] = {"stack": "lab", "target": "local", "time": "now", "versions": {}, "secrets": {}}
MEMBERS: dict[str, bytes] = {
    "hub/jupyterhub.sqlite": b"a database",
    "stack.yaml": b"version: 1\n",
    "generations.json": b"[]\n",
    "accounts.json": b"[]\n",
}


def made(folder: Path) -> Path:
    path = folder / "lab.tar"
    backuparchive.write(path, MANIFEST, MEMBERS)
    return path


def forged(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]], **manifest: Any) -> Path:
    """An archive that this program would not write."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in MEMBERS.items()}
    head = json.dumps({"format": 1, **MANIFEST, "members": digests, **manifest}).encode()
    path = folder / "forged.tar"
    with tarfile.open(path, "w") as archive:
        for member, content in [(tarfile.TarInfo("manifest.json"), head), *members]:
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def plain() -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(tarfile.TarInfo(name), content) for name, content in MEMBERS.items()]


def refused(path: Path, folder: Path) -> str:
    with pytest.raises(StackError) as found:
        backuparchive.read(path, folder / "out")
    assert "nothing was changed" in found.value.message
    return found.value.message


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    archive = backuparchive.read(made(tmp_path), tmp_path / "out")

    assert archive.database.read_bytes() == b"a database"
    assert archive.text("stack.yaml") == "version: 1\n"
    assert archive.manifest["stack"] == "lab"


def test_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    assert stat.S_IMODE(made(tmp_path).stat().st_mode) == 0o600


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "lab.tar").write_text("mine")

    with pytest.raises(StackError, match="is there already"):
        made(tmp_path)
    assert (tmp_path / "lab.tar").read_text() == "mine"


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"a database", b"b database"))

    assert "damaged: hub/jupyterhub.sqlite" in refused(path, tmp_path)


def test_a_cut_file_is_found(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.write_bytes(path.read_bytes()[:1800])

    refused(path, tmp_path)


@pytest.mark.parametrize("content", [b"", b"no tar at all", b"\0" * 4096])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    refused(path, tmp_path)


def test_somebody_elses_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("etc/passwd"))

    assert "no backup of this program" in refused(path, tmp_path)


def test_an_archive_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    assert "has format 2, and this program reads up to 1" in refused(forged(tmp_path, plain(), format=2), tmp_path)


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "hub/../../escaped", "stack.yaml/../../escaped"])
def test_no_member_is_written_anywhere_else(name: str, tmp_path: Path) -> None:
    path = forged(tmp_path, [(tarfile.TarInfo(name), b"evil"), *plain()])

    assert "which no backup has" in refused(path, tmp_path)
    assert not any("escaped" in file.name for file in tmp_path.rglob("*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE])
def test_a_member_that_is_no_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    link = tarfile.TarInfo("stack.yaml")
    link.type, link.linkname = kind, "/etc/passwd"
    others = [one for one in plain() if one[0].name != "stack.yaml"]

    assert "no plain file" in refused(forged(tmp_path, [(link, b""), *others]), tmp_path)


def test_a_part_that_lacks_or_is_there_twice_is_refused(tmp_path: Path) -> None:
    assert "just once" in refused(forged(tmp_path, plain()[1:]), tmp_path)
    assert "just once" in refused(forged(tmp_path, [*plain(), plain()[0]]), tmp_path)


def test_a_backup_that_is_killed_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    """A pipe as a member holds the writer in the middle of the archive."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = (
        "import sys; from pathlib import Path; from apply import backuparchive; "
        "backuparchive._digest = lambda _: ''; "
        "backuparchive.write(Path(sys.argv[1]), {}, {'stack.yaml': b'x', 'hub': Path(sys.argv[2])})"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lab.tar"), str(pipe)], cwd=ROOT)
    try:
        eventually(lambda: list(tmp_path.glob(".lab.tar.*.new")), "the file under another name")
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    finally:
        writer.kill()
        writer.wait()

    assert not (tmp_path / "lab.tar").exists()
