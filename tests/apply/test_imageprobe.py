"""What runs inside an image: plain old Python, whose checks fail in words and never with a traceback."""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from apply import imagelisting, imageprobe
from apply.imageproof import NAMES
from apply.proofcontainer import _PACKAGES, _PROBE
from tests.test_architecture import imports

STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9
Description: GNU C Library
 Version: of nothing

Package: gone
Status: deinstall ok config-files
Version: 1
"""


@pytest.mark.parametrize("file", [_PROBE, _PACKAGES], ids=lambda file: file.name)
def test_python_3_9_runs_it_with_its_standard_library_alone(file: Path) -> None:
    ast.parse(file.read_text(), feature_version=(3, 9))

    assert imports(file) <= set(sys.stdlib_module_names)
    assert len(file.read_bytes()) < 100_000, "Linux takes 128 KiB as one argument"


def test_every_check_inside_has_a_function() -> None:
    assert {name for name in NAMES if name not in ("user", "layers")} == {
        name.removeprefix("check_") for name in vars(imageprobe) if name.startswith("check_")
    }


def raising(error: BaseException) -> Callable[[], str]:
    def check() -> str:
        raise error

    return check


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (imageprobe.Absent(), "absent", "not in this image"),
        (imageprobe.Failed("no"), "failed", "no"),
        (ImportError("no module x"), "failed", "ImportError: no module x"),
        (SystemExit(3), "failed", "SystemExit: 3"),
        (TimeoutError("it takes too long"), "failed", "TimeoutError: it takes too long"),
    ],
)
def test_whatever_a_check_raises_is_an_answer(error: BaseException, state: str, words: str) -> None:
    assert imageprobe.answer_of(raising(error)) == {"state": state, "words": words}


def test_a_check_that_hangs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setattr(imageprobe, "CHECK_TAKES_SECONDS", 1)

    assert "longer than 1 s" in imageprobe.answer_of(lambda: str(time.sleep(30)))["words"]


@pytest.mark.parametrize("answer", ['{"result": 1}', 'event: message\ndata: {"result": 1}\n\n'])
def test_an_answer_is_json_or_a_stream_of_events(answer: str) -> None:
    assert imageprobe._message(answer) == {"result": 1}


@pytest.mark.parametrize("answer", ["", "<html>", "[]"])
def test_any_other_answer_says_nothing(answer: str) -> None:
    assert imageprobe._message(answer) == {}


def test_only_installed_packages_are_listed() -> None:
    assert imagelisting._debian(STATUS) == [["libc6", "2.36-9", "amd64"]]


def test_pythons_packages_are_listed() -> None:
    listed = json.loads(json.dumps(imagelisting.packages()))

    assert "pytest" in {name for name, _ in listed["python"]}
