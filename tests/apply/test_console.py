"""The last door: what the user sees of an error, and the exit code a script sees."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from apply import console
from spec.errors import AppliedInPart, PlanNotEmpty, SpecError, StackError, TargetUnreachable, ToolMissing
from spec.problems import Problem


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StackError("m", "h"), 1),
        (SpecError([Problem("stack.yaml", 1, 1, "a", "wrong", "b")]), 2),
        (PlanNotEmpty("m"), 3),
        (ToolMissing("m"), 4),
        (TargetUnreachable("m"), 5),
        (AppliedInPart("m"), 6),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code_and_no_traceback(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, console.user_errors():
        raise error

    shown = capsys.readouterr()
    assert ended.value.code == code
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_a_fault_of_ours_names_a_private_file_and_not_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, console.user_errors():
        raise RuntimeError("hunter2")

    shown = capsys.readouterr().err
    path = Path(next(word for word in shown.split() if word.endswith(".log")))
    assert ended.value.code == 70
    assert "hunter2" not in shown
    assert "hunter2" in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    path.unlink()


def test_without_a_terminal_a_question_takes_its_default_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert console.ask("Name", "jupyterhub") == "jupyterhub"
    assert "Name: jupyterhub" in capsys.readouterr().err


def test_without_a_terminal_a_dangerous_question_is_a_refusal_with_the_flag() -> None:
    with pytest.raises(StackError) as refused:
        console.confirm("Delete everything?", otherwise="inv uninstall --purge --yes")

    assert refused.value.hint == "inv uninstall --purge --yes"


def test_progress_without_a_terminal_is_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with console.Progress() as progress:
        progress.tell("parts: hub [ready]")

    assert capsys.readouterr().err.endswith("s] parts: hub [ready]\n")


def test_a_table_aligns_its_columns() -> None:
    assert console.table(("A", "LONG"), [("first", "x")]) == "A      LONG\nfirst  x"


def test_a_closed_pipe_ends_quietly() -> None:
    code = "from apply import console\nwith console.user_errors():\n    [console.result('x' * 9999) for _ in range(99)]"
    command = f'{sys.executable} -c "{code}" | head -c 1 >/dev/null'

    done = subprocess.run(["bash", "-c", command.replace("\n", "\n")], capture_output=True, text=True)

    assert done.stderr == ""


ROOT = Path(__file__).parent.parent.parent
_WORK = "import time; from apply.console import Progress\nwith Progress() as p: p.tell('making [it]'); time.sleep(0.4)"


@pytest.mark.parametrize("plain", [False, True])
def test_progress_on_a_terminal_is_one_live_line_with_the_time_and_heeds_no_color(plain: bool) -> None:
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", **({"NO_COLOR": "1"} if plain else {})}
    environment.pop("NO_COLOR", None) if not plain else None
    done = subprocess.Popen([sys.executable, "-c", _WORK], cwd=ROOT, env=environment, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(controller, 4096):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(controller)

    assert done.wait() == 0
    assert b"making [it]" in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown)
    assert b"0:00:0" in shown
    assert (re.search(rb"\x1b\[[0-9;]*3[0-9]", shown) is None) == plain
