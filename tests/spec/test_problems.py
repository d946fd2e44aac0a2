"""A problem as it is printed: place, words, line, caret, hint; and the order of several."""

import os
import subprocess
import sys
from pathlib import Path

from spec.errors import SpecError, StackError
from spec.problems import Problem
from tests.spec.stacks import LOCAL

ROOT = Path(__file__).parent.parent.parent
SHARED = LOCAL + "profiles: {a: &a {display_name: A, image: r/a:1, cpuu: 2}, b: *a, c: *a}\n"


def test_a_problem_has_its_place_path_line_caret_and_hint() -> None:
    found = Problem("f.yaml", 3, 7, "hub.port", "too high", "65535", "hub: {port: 70000}")

    assert str(found).splitlines() == [
        "f.yaml:3:7: hub.port: too high",
        "     3 | hub: {port: 70000}",
        "       |       ^",
        "  hint: 65535",
    ]


def test_what_is_not_known_is_left_out() -> None:
    assert str(Problem("f.yaml", 1, 1, "", "the file is empty")) == "f.yaml:1:1: the file is empty"
    assert str(Problem("f.yaml", 1, 1, "", "m", "h", "  \t")) == "f.yaml:1:1: m\n  hint: h"


def test_a_caret_stands_below_what_is_shown_or_one_behind_it_only() -> None:
    def carets(column: int) -> int:
        return str(Problem("f", 1, column, "", "m", "", "abc")).count("^")

    assert [carets(column) for column in (1, 3, 4, 5)] == [1, 1, 1, 0]


def test_a_long_line_is_cut() -> None:
    lines = str(Problem("f", 1, 500, "", "m", "", "x" * 1000)).splitlines()

    assert lines == ["f:1:500: m", "     1 | " + "x" * 200]


def test_nothing_of_a_file_steers_the_terminal() -> None:
    steering = "a\x1b[2J\r\u202eb\n"

    text = str(Problem(f"f{steering}", 1, 1, steering, steering, steering, steering))

    assert text.count("\n") == 3
    assert all(line.isprintable() for line in text.split("\n"))


def test_problems_come_in_the_order_of_the_file_then_of_their_paths() -> None:
    wanted = [
        Problem("a", 1, 9, "z"),
        Problem("a", 2, 1, "z"),
        Problem("a", 2, 10, "a"),
        Problem("a", 2, 10, "b", "a"),
        Problem("a", 2, 10, "b", "b"),
    ]

    assert SpecError(wanted[::-1]).problems == wanted


def test_what_shares_a_place_comes_in_the_same_order_under_each_hash_seed() -> None:
    code = f"from tests.spec.stacks import problems; print([one.path for one in problems({SHARED!r})])"
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in range(3)
    }

    assert said == {"['profiles.a.cpuu', 'profiles.b.cpuu', 'profiles.c.cpuu']\n"}


def test_an_error_has_its_hint_on_a_line_of_its_own() -> None:
    assert StackError("it failed", "inv doctor").text() == "it failed\n  hint: inv doctor"
    assert StackError("it failed").text() == "it failed"
