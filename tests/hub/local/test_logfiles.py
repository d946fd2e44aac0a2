"""Logs that cannot fill the disk, while their writers go on."""

import json
import stat
import threading
from pathlib import Path

from hub.local import logfiles
from tests.openbao import OpenBao

_REQUESTS, _SMALL_BYTES = 150, 120_000


def test_a_large_log_is_copied_and_emptied_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "hub.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * (logfiles.LARGEST_BYTES + 1))
        logfiles.rotate(tmp_path)
        writer.write(b"after\n")

    assert log.read_bytes() == b"after\n"
    copy = tmp_path / "hub.log.1"
    assert copy.stat().st_size == logfiles.LARGEST_BYTES + 1
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_a_small_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "hub.log").write_text("short")

    logfiles.rotate(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["hub.log"]


def test_the_oldest_copy_goes(tmp_path: Path) -> None:
    for number in range(logfiles.KEPT + 2):
        (tmp_path / "hub.log").write_text(str(number) * (logfiles.LARGEST_BYTES + 1))
        logfiles.rotate(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "hub.log",
        *(f"hub.log.{number}" for number in range(1, logfiles.KEPT + 1)),
    ]
    assert (tmp_path / "hub.log.1").read_text(encoding="ascii")[0] == str(logfiles.KEPT + 1)


def test_an_audit_is_renamed_and_its_writer_told_until_it_has_opened_it_anew(tmp_path: Path) -> None:
    audit = tmp_path / "vault-audit.log"
    with audit.open("ab", buffering=0) as writer:
        writer.write(b"x" * (logfiles.LARGEST_BYTES + 1))
        assert logfiles.rotate(tmp_path) == {"vault"}
        writer.write(b"after")
        assert logfiles.rotate(tmp_path) == {"vault"}, "as after a kill before the signal"

    assert (tmp_path / "vault-audit.log.1").stat().st_size == logfiles.LARGEST_BYTES + 6
    audit.write_text("anew")
    assert logfiles.rotate(tmp_path) == set()


def test_a_log_that_is_not_there_yet_is_no_reason_to_tell_anybody(tmp_path: Path) -> None:
    assert logfiles.rotate(tmp_path) == set()


def test_no_line_of_an_audit_is_lost_when_it_is_rotated_under_load(tmp_path: Path) -> None:
    audit = tmp_path / "log" / "vault-audit.log"
    audit.parent.mkdir()
    with OpenBao(tmp_path / "bao", audit=audit) as bao:
        asking = threading.Thread(target=lambda: [bao.call("GET", f"sys/mounts/{n}") for n in range(_REQUESTS)])
        asking.start()
        while asking.is_alive():
            if logfiles.rotate(audit.parent, _SMALL_BYTES):
                bao.hang_up()
        asking.join()

    copies = sorted(audit.parent.iterdir())
    assert len(copies) > 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in copies} == {0o600}
    entries = [json.loads(line) for path in copies for line in path.read_text().splitlines()]
    for kind in ("request", "response"):
        paths = (entry["request"]["path"] for entry in entries if entry["type"] == kind)
        seen = sorted(path for path in paths if path.startswith("sys/mounts/"))
        assert seen == sorted(f"sys/mounts/{n}" for n in range(_REQUESTS)), kind
