"""Logs that cannot fill the disk, while their writers go on."""

import stat
from pathlib import Path

from hub.local import logfiles


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
