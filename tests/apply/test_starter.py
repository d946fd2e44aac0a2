"""`inv init`: the defaults without a terminal, flags, questions at a terminal, and no file where an answer is wrong."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from spec.load import load

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-m", "invoke", "init"]


def init(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def at_a_terminal(answers: list[str], *words: str) -> tuple[int, str]:
    """Exit code and what was shown, with one answer typed for each question."""
    controller, terminal = pty.openpty()
    command = subprocess.Popen([*COMMAND, *words], cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    while True:
        try:
            ready, _, _ = select.select([controller], [], [], 20)
            assert ready, shown
            shown += os.read(controller, 1024)
        except OSError:  # the other end is closed: the command has ended
            break
        if shown.endswith(b"]: ") and answers:
            os.write(controller, answers.pop(0).encode() + b"\n")
            shown += b"\n"
    os.close(controller)
    return command.wait(), shown.decode()


def test_without_a_terminal_it_takes_the_defaults_and_says_which(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"

    done = init("--out", str(file))

    assert done.returncode == 0
    assert "Name of the stack: jupyterhub (no terminal to ask at)" in done.stderr
    assert f"inv validate --spec {file}" in done.stderr
    assert load(file).name == "jupyterhub"


def test_its_first_line_leads_editors_to_the_schema(tmp_path: Path) -> None:
    file = tmp_path / "sub" / "stack.yaml"
    file.parent.mkdir()
    init("--out", str(file))

    schema = file.read_text().splitlines()[0].partition("$schema=")[2]

    assert (file.parent / schema).resolve() == ROOT / "schema" / "stack.schema.json"


def test_every_answer_has_a_flag(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    answers = {
        "target": "kubernetes",
        "name": "lab",
        "host": "hub.lab.internal",
        "login": "oidc",
        "admin": "ada",
        "provider": "https://login.lab.internal",
        "vault": "yes",
        "vault-address": "https://vault.lab.internal",
        "homes": "nfs",
        "nfs-server": "10.1.2.3",
        "nfs-path": "/homes",
        "gpu": "yes",
    }

    done = init("--out", str(file), *(f"--{name}={value}" for name, value in answers.items()))

    assert "no terminal" not in done.stderr
    stack = load(file)
    assert (stack.target.kind, stack.name, stack.hub.host) == ("kubernetes", "lab", "hub.lab.internal")
    assert (stack.auth.kind, stack.auth.admin_users) == ("oidc", ["ada"])
    assert stack.auth.oidc.issuer == "https://login.lab.internal"
    assert stack.vault.address == "https://vault.lab.internal"
    assert (stack.storage.nfs.server, stack.storage.nfs.path) == ("10.1.2.3", "/homes")
    assert stack.profiles["pytorch"].gpu


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target=mars"], "'mars' is none of local, kubernetes"),
        (["--name=A B"], "name: expected a stack's name"),
        (["--login=keycloak"], "'keycloak' is none of native, dummy"),
        (["--host=hub.lab.internal"], "--host has no meaning with the other answers"),
        (["--vault=maybe"], "'maybe' is none of yes, no"),
        (["--target=kubernetes", "--host=https://x"], "host: "),
    ],
)
def test_a_wrong_answer_is_said_and_nothing_is_written(tmp_path: Path, words: list[str], said: str) -> None:
    file = tmp_path / "stack.yaml"

    done = init("--out", str(file), *words)

    assert done.returncode == 1
    assert said in done.stderr
    assert not file.exists()


def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("mine")

    refused = init("--out", str(file))

    assert (refused.returncode, file.read_text()) == (1, "mine")
    assert "inv init --force" in refused.stderr
    assert init("--out", str(file), "--force").returncode == 0


def test_at_a_terminal_it_asks_and_asks_again_after_a_wrong_answer(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"

    code, shown = at_a_terminal(["", "Not A Name", "lab", "dummy", "", "no"], "--out", str(file))

    assert code == 0, shown
    assert "expected a stack's name" in shown
    stack = load(file)
    assert (stack.name, stack.auth.kind, stack.vault.enabled) == ("lab", "dummy", False)
