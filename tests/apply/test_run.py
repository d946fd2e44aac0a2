"""Programs that are run to their end, and such whose output is read while they run."""

import sys
import time

import psutil
import pytest

from apply.run import pieces, run
from spec.errors import StackError


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_all_bytes_come_in_pieces() -> None:
    code = "import sys; sys.stdout.buffer.write(b'\\0\\n' * 1_500_000); sys.stderr.write('x' * 200_000)"

    found = list(pieces(program(code), what="reading"))

    assert b"".join(found) == b"\0\n" * 1_500_000
    assert len(found) > 1


def test_a_program_that_fails_at_its_end_is_an_error_with_its_last_words() -> None:
    code = "import sys; print('a part'); sys.exit('the disk went away')"

    with pytest.raises(StackError, match=r"reading it failed: .* ended with 1\nthe disk went away"):
        list(pieces(program(code), what="reading it"))


def test_a_program_that_nobody_reads_any_more_is_ended() -> None:
    others = psutil.Process().children()
    stream = pieces(program("import time; print('x' * 2**20, flush=True); time.sleep(600)"), what="reading")
    next(stream)
    (child,) = (child for child in psutil.Process().children() if child not in others)

    started = time.monotonic()
    stream.close()  # type: ignore[attr-defined]

    assert not child.is_running()
    assert time.monotonic() - started < 10


def test_what_gives_way_has_a_lower_priority_and_its_own_name_in_an_error() -> None:
    code = "import os, sys; print(os.nice(0)); sys.exit(len(sys.argv) - 1)"
    before = int(run(program(code), what="asking"))

    assert int(run(program(code), what="asking", gives_way=True)) == min(19, before + 10)
    with pytest.raises(StackError, match=r"asking failed: python.* ended with 1\n"):
        run([*program(code), "more"], what="asking", gives_way=True)
