"""Servers as real processes, started and ended by the spawner that JupyterHub gets."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import jupyterhub
import pytest

from hub.local import process
from hub.local.spawner import NotStarted
from tests.hub.local.servers import Make, kernel_of, landlock, proc, run, server, until


@landlock
@pytest.mark.parametrize("confinement", ["auto", "off"])
def test_only_the_confinement_keeps_users_apart(make: Make, confinement: str) -> None:
    bob = make("bob")
    bob.home.mkdir(parents=True)
    (bob.home / "diary").write_text("a secret")
    attack = f"try: print(open('{bob.home}/diary').read())\nexcept OSError as e: print(repr(e))"
    alice = make(cmd=server(attack), confinement=confinement)
    run(alice.start())
    told = alice.log_file.read_text()
    assert ("a secret" in told, "PermissionError" in told) == (confinement == "off", confinement == "auto")


def test_what_a_server_writes_is_its_users_alone(make: Make) -> None:
    spawner = make()
    run(spawner.start())
    for folder in (spawner.home.parent, spawner.home, spawner.home / ".tmp", spawner.home / ".runtime"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in (spawner.log_file, spawner.home / "kernel", spawner.record):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@proc
def test_nothing_of_the_hubs_environment_reaches_a_server(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_CRYPT_KEY", "a secret")
    monkeypatch.setenv("PYTHONPATH", "/hub")
    monkeypatch.setenv("TZ", "UTC")
    spawner = make(notebook_path="/notebook", environment={"GREETING": "hello"})
    run(spawner.start())
    entries = Path(f"/proc/{spawner.pid}/environ").read_bytes().decode().split("\0")
    environment = dict(entry.split("=", 1) for entry in entries if entry)
    assert "JUPYTERHUB_CRYPT_KEY" not in environment
    assert environment["GREETING"] == "hello"
    assert environment["TZ"] == "UTC"
    assert environment["PYTHONPATH"] == environment["JUPYTER_CONFIG_PATH"] == "/notebook"
    assert environment["HOME"] == str(spawner.home)
    assert environment["TMPDIR"] == f"{spawner.home}/.tmp"
    assert environment["PATH"].startswith(f"{Path(sys.executable).parent}:")
    assert environment["BUUNSTACK_SERVER"] == f"{spawner.state_dir}:alice/"
    own = {name for name in environment if "JUPYTER" not in name and name != "JPY_API_TOKEN"}
    ours = ["BUUNSTACK_SERVER", "GREETING", "HOME", "LOGNAME", "PATH", "PYTHONPATH", "SHELL", "TMPDIR", "TZ", "USER"]
    assert own - {"LANG", "LC_ALL", "LC_CTYPE"} == set(ours), "Python itself sets LC_CTYPE where there is no locale"


def test_a_record_tells_of_a_server_while_it_runs(make: Make) -> None:
    spawner = make("Ann Lee")
    run(spawner.start())
    assert spawner.record.name == "=41nn=20=4cee--.json"
    content = {"pid": spawner.pid, "identity": spawner.identity, "user": "Ann Lee", "server": ""}
    assert json.loads(spawner.record.read_text()) == content
    run(spawner.stop())
    assert list(spawner.record.parent.iterdir()) == []


def test_a_record_goes_when_the_server_ends_by_itself(make: Make) -> None:
    spawner = make()
    run(spawner.start())
    os.kill(spawner.pid, signal.SIGKILL)
    until(lambda: run(spawner.poll()) is not None)
    assert not spawner.record.exists()


@proc
@pytest.mark.parametrize("before", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"], ids=["willing", "deaf"])
def test_a_stop_ends_the_server_and_its_kernel(make: Make, before: str) -> None:
    spawner = make(cmd=server(before), term_timeout=1)
    run(spawner.start())
    pid, identity, kernel = spawner.pid, spawner.identity, kernel_of(spawner)
    assert process.alive(*kernel)
    run(spawner.stop())
    assert not process.alive(pid, identity)
    until(lambda: not process.alive(*kernel))


@proc
def test_a_stop_leaves_another_users_server_alone(make: Make) -> None:
    alice, alicia = make("alice"), make("alicia")
    run(alice.start())
    run(alicia.start())
    run(alice.stop())
    assert run(alicia.poll()) is None
    assert process.alive(*kernel_of(alicia))


def test_a_taken_port_is_left_for_another(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        spawner = make(port=taken)
        _, port = run(spawner.start())
    assert port != taken


@proc
def test_a_port_lost_while_the_server_starts_is_left_for_another(make: Make, tmp_path: Path) -> None:
    # The first time, somebody else is quicker: a process that no server has started.
    slow = "while os.path.exists('wait'): time.sleep(0.02)"
    spawner = make(cmd=server(slow))
    spawner.home.mkdir(parents=True)
    (spawner.home / "wait").touch()

    async def lost() -> tuple[int, int]:
        starting = asyncio.ensure_future(spawner.start())
        while not spawner.pid:
            await asyncio.sleep(0.01)
        taken = spawner.port
        with socket.create_server(("127.0.0.1", taken)):
            (spawner.home / "wait").unlink()
            return taken, (await starting)[1]

    taken, port = run(lost())
    assert port != taken
    assert run(spawner.poll()) is None


def test_a_server_that_ends_at_once_says_where_the_reason_is(make: Make) -> None:
    spawner = make(cmd=[sys.executable, "-c", "raise SystemExit('no such module')"])
    with pytest.raises(NotStarted) as refusal:
        run(spawner.start())
    assert refusal.value.jupyterhub_message == ("The server ended while it started; log/server-alice.log says why.")
    assert "no such module" in spawner.log_file.read_text()


def test_a_server_is_jupyterhubs_own_without_the_grammar_of_addresses(make: Make, tmp_path: Path) -> None:
    spawner = make()
    spawner.environment_id = "minimal-1f"
    asked = [sys.executable, "-X", "importtime", *spawner.cmd[1:], "--version"]

    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == f"{jupyterhub.__version__}\n"
    assert "jupyter_events" in done.stderr
    assert "lark" not in done.stderr


def test_an_environment_has_its_own_interpreter_and_is_kept(make: Make, tmp_path: Path) -> None:
    spawner = make()
    spawner.environment_id = "minimal-1f"
    assert spawner.cmd[:-1] == [f"{tmp_path}/profiles/minimal-1f/bin/python", "-P", "-c"]
    spawner.clear_state()
    again = make()
    again.load_state(spawner.get_state())
    assert again.environment_id == "minimal-1f"


def test_a_file_where_a_folder_belongs_is_told_to_its_owner(make: Make) -> None:
    spawner = make()
    spawner.home.mkdir(parents=True)
    (spawner.home / ".tmp").touch()
    with pytest.raises(NotStarted, match="rename what is there"):
        run(spawner.start())
