"""Servers as real processes, started, found again and ended by the spawner that JupyterHub gets."""

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from sqlalchemy.orm import Session

from hub.local import confine, process
from hub.local.spawner import LocalSpawner, NotStarted

HERE = Path(__file__).parent
landlock = pytest.mark.skipif(confine.abi() == 0, reason="this machine's kernel has no Landlock")
proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc to look in")

SERVER = """
import os, signal, socket, subprocess, sys, time, urllib.parse
{before}
port = urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port
kernel = subprocess.Popen(["sleep", "300"], start_new_session=True)
open("kernel", "w").write(str(kernel.pid))
print("listening", flush=True)
listener = socket.create_server(("127.0.0.1", port))
time.sleep(300)
"""
"""Listens as a notebook server does, and has a kernel in a session of its own."""

Make = Callable[..., LocalSpawner]


def server(before: str = "") -> list[str]:
    """The command of a server that does this first."""
    return [sys.executable, "-c", SERVER.replace("{before}", before)]


def run(wanted: Awaitable[Any]) -> Any:
    """What comes of it, on a loop of its own."""

    async def waited() -> Any:
        return await wanted

    return asyncio.run(waited())


def until(reached: Callable[[], bool], seconds: float = 10) -> None:
    """Waits for it, and fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kernel_of(spawner: LocalSpawner) -> tuple[int, str]:
    """The pid and identity of the kernel that the server has started."""
    pid = int((spawner.home / "kernel").read_text())
    return pid, process.identity(pid) or ""


@pytest.fixture
def database() -> Iterator[Session]:
    """JupyterHub's own, empty."""
    session = orm.new_session_factory("sqlite:///:memory:")()
    yield session
    session.close()
    session.get_bind().dispose()


@pytest.fixture
def make(database: Session, tmp_path: Path) -> Iterator[Make]:
    """Makes spawners as JupyterHub does, and ends what they leave running."""
    made: list[LocalSpawner] = []

    def spawner(name: str = "alice", **traits: Any) -> LocalSpawner:
        row = database.query(orm.User).filter_by(name=name).first() or orm.User(name=name)
        database.add(row)
        database.commit()
        user = User(row, {})
        settings = {"state_dir": str(tmp_path), "cmd": server(), "term_timeout": 3, **traits}
        made.append(user._new_spawner("", spawner_class=LocalSpawner, user=user, hub=Hub(), **settings))
        return made[-1]

    yield spawner
    for one in made:
        run(one.stop(now=True))


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
    assert environment["PYTHONPATH"] == "/notebook"
    assert environment["HOME"] == str(spawner.home)
    assert environment["TMPDIR"] == f"{spawner.home}/.tmp"
    assert environment["PATH"].startswith(f"{Path(sys.executable).parent}:")
    assert environment["BUUNSTACK_SERVER"] == f"{spawner.state_dir}:alice/"
    own = {name for name in environment if "JUPYTER" not in name and name != "JPY_API_TOKEN"}
    ours = "BUUNSTACK_SERVER GREETING HOME LOGNAME PATH PYTHONPATH SHELL TMPDIR TZ USER".split()
    assert own - {"LANG", "LC_ALL"} == set(ours)


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


def test_a_server_outlives_its_hub_and_is_found_again(make: Make, tmp_path: Path) -> None:
    hub = [sys.executable, "-c", HUB, str(tmp_path), json.dumps(server())]
    ended = subprocess.run(hub, cwd=HERE.parents[2], stdout=subprocess.PIPE, timeout=30)
    assert ended.returncode == -signal.SIGKILL
    spawner = make()
    spawner.load_state(json.loads(ended.stdout))
    assert run(spawner.poll()) is None
    pid, identity = spawner.pid, spawner.identity
    run(spawner.stop())
    assert not process.alive(pid, identity)


HUB = """
import asyncio, json, os, sys
from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from hub.local.spawner import LocalSpawner
session = orm.new_session_factory("sqlite:///:memory:")()
session.add(orm.User(name="alice"))
session.commit()
user = User(session.query(orm.User).one(), {})
cmd = json.loads(sys.argv[2])
traits = dict(user=user, hub=Hub(), state_dir=sys.argv[1], cmd=cmd)
spawner = user._new_spawner("", spawner_class=LocalSpawner, **traits)
asyncio.run(spawner.start())
print(json.dumps(spawner.get_state()), flush=True)
os.kill(os.getpid(), 9)
"""
"""A hub that is killed while a server runs."""


@pytest.mark.parametrize("known", [{"identity": "another boot:1"}, {"identity": ""}, {}])
def test_an_innocent_process_with_the_pid_is_not_touched(make: Make, known: dict[str, str]) -> None:
    innocent = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        spawner = make()
        spawner.load_state({"pid": innocent.pid, **known})
        assert run(spawner.poll()) == 0
        run(spawner.stop())
        run(spawner.stop(now=True))
        # Also when the pid changes hands while the hub runs.
        spawner.pid, spawner.identity = innocent.pid, known.get("identity", "")
        run(spawner.stop())
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


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


def test_an_environment_has_its_own_interpreter_and_is_kept(make: Make, tmp_path: Path) -> None:
    spawner = make()
    spawner.environment_id = "minimal-1f"
    assert spawner.cmd == [f"{tmp_path}/profiles/minimal-1f/bin/python", "-m", "jupyterhub.singleuser"]
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


NO_LANDLOCK_HUB = HUB.replace(
    "asyncio.run(spawner.start())",
    """
from tornado.web import HTTPError
spawner.sole_user = sys.argv[3]
try: asyncio.run(spawner.start())
except HTTPError as refused: sys.exit(f"{refused.status_code} {refused.jupyterhub_message}")
asyncio.run(spawner.stop())
sys.exit("started")
""",
)


@proc
@pytest.mark.parametrize(
    ("sole_user", "told"),
    [("alice", "started"), ("bob", "so only bob may start a server here."), ("", "so no server is started.")],
)
def test_without_landlock_only_the_sole_user_starts(tmp_path: Path, sole_user: str, told: str) -> None:
    command = [sys.executable, str(HERE / "no_landlock.py"), "--", sys.executable, "-c", NO_LANDLOCK_HUB]
    arguments = [*command, str(tmp_path), json.dumps(server()), sole_user]
    ended = subprocess.run(arguments, cwd=HERE.parents[2], stderr=subprocess.PIPE, text=True, timeout=30)
    *log, last = ended.stderr.splitlines()
    refused = "403 This system cannot keep users apart (its kernel has no Landlock), "
    assert last == (told if sole_user == "alice" else refused + told)
    assert any("NOT CONFINED" in line for line in log) == (sole_user == "alice")
