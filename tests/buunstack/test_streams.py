"""What `python -m buunstack` does with terminals, and with streams that are closed, full or gone."""

import contextlib
import os
import pty
import signal
import subprocess
import time

import pytest

from buunstack import SecretStore
from tests.buunstack.conftest import Notebook
from tests.buunstack.standins import Wire, eventually
from tests.buunstack.test_commands import COMMAND, HIDDEN, run


def buffered() -> dict[str, str]:
    """The environment as users have it: Python keeps what it prints until the end."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def test_standard_input_that_cannot_be_read_is_told(store: SecretStore) -> None:
    for source, words in (("0>/dev/null", "cannot be read: Bad file descriptor"), ("<&-", "no standard input")):
        command = ["sh", "-c", f'exec "$@" {source}', "sh", *COMMAND, "put", "k", "a"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)

        assert ran.returncode == 2
        assert words in ran.stderr
        assert "Traceback" not in ran.stderr
    assert store.list() == []


@pytest.mark.parametrize(("target", "code", "words"), [(">/dev/full", 1, "No space left"), (">&-", 1, "no standard")])
def test_a_result_that_cannot_be_written_is_told(store: SecretStore, target: str, code: int, words: str) -> None:
    store.put("k", a="1")
    command = ["sh", "-c", f'exec "$@" {target}', "sh", *COMMAND, "get", "k", "a"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=buffered())

    assert ran.returncode == code
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


@pytest.mark.parametrize("target", ["2>/dev/full", "2>&-"])
def test_talk_that_nobody_can_hear_is_no_fault_and_no_result(store: SecretStore, target: str) -> None:
    store.put("k", a="1")
    for arguments, code in (["delete", "k"], 0), (["get", "nope"], 3):
        command = ["sh", "-c", f'exec "$@" {target}', "sh", *COMMAND, *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=buffered())

        assert (ran.returncode, ran.stdout) == (code, "")


def test_a_reader_that_is_gone_is_no_error_to_talk_about(store: SecretStore) -> None:
    store.put("k", a="x" * 200_000)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*COMMAND, "get", "k", "a"], **pipes, env=buffered())
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (141, b"")


def test_a_result_does_not_depend_on_the_locale(store: SecretStore, notebook: Notebook) -> None:
    notebook.environment.setenv("PYTHONIOENCODING", "ascii")
    run("put", "k", "a", value="日本")

    assert run("get", "k", "a")[1] == "日本\n"


def test_an_interrupted_command_says_nothing(notebook: Notebook) -> None:
    notebook.deliver()
    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        wire.swallow = True
        process = subprocess.Popen([*COMMAND, "list"], stderr=subprocess.PIPE)
        eventually(lambda: wire.connections)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (130, b"")


def in_terminal(*arguments: str, typed: bytes) -> tuple[int, str]:
    """Exit code of a command and all that its terminal shows, where `typed` is typed at the prompt."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(COMMAND[0], [*COMMAND, *arguments])
    shown = b""
    with contextlib.suppress(OSError):  # a terminal whose program has ended is an input error
        while b": " not in shown:
            shown += os.read(terminal, 1000)
        time.sleep(0.2)  # the echo is off before the prompt is shown; this is for a slip of that order
        os.write(terminal, typed)
        while data := os.read(terminal, 1000):
            shown += data
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_in_a_terminal_the_value_is_asked_for_and_not_shown(store: SecretStore) -> None:
    code, shown = in_terminal("put", "api-keys", "openai", typed=f"{HIDDEN}\r".encode())

    assert code == 0
    assert "Value of field 'openai' of secret 'api-keys': " in shown
    assert HIDDEN not in shown
    assert store.get("api-keys", "openai") == HIDDEN


@pytest.mark.parametrize(("typed", "code"), [(b"\r", 2), (b"\x04", 2), (b"\x03", 130)])
def test_in_a_terminal_nothing_typed_stores_nothing(store: SecretStore, typed: bytes, code: int) -> None:
    ended, shown = in_terminal("put", "k", "a", typed=typed)

    assert ended == code
    assert "Traceback" not in shown
    assert store.list() == []
