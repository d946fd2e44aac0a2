"""An install that is killed or interrupted at some step, and the next one."""

import signal
from pathlib import Path

import pytest

from tests.e2e.stack import InstalledStack, Person, eventually

STEPS = ("create conf", "files are in", "vault starting", "vault ready", "hub ready", "secrets:", "can sign in")


@pytest.mark.parametrize("step", STEPS)
def test_an_install_cut_at_any_step_is_finished_by_the_next_one(tmp_path: Path, step: str) -> None:
    stack = InstalledStack(tmp_path)
    installer = stack.start("install", "--yes")
    assert installer.stderr is not None
    said = next(line for line in installer.stderr if step in line)
    installer.kill()
    installer.communicate()

    try:
        stack.install()
        assert stack.healthy(), f"cut after {said!r}"
        assert "nothing changed" in stack.inv("install").stderr
        password = (stack.state / "secrets" / "first-password").read_text()
        assert Person(stack, "admin", password).get("/hub/home").status_code == 200
    finally:
        stack.remove()


def test_an_interrupted_install_ends_with_a_sentence(tmp_path: Path) -> None:
    stack = InstalledStack(tmp_path)
    installer = stack.start("install", "--yes")
    eventually(lambda: (stack.state / "run").is_dir(), "the install to begin")
    installer.send_signal(signal.SIGINT)

    _, err = installer.communicate(timeout=60)

    assert installer.returncode == 130
    assert "Traceback" not in err
    stack.remove()
