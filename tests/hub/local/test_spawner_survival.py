"""Servers whose hub was killed, processes that only look like one, and kernels that cannot keep users apart."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hub.local import process
from tests.hub.local.servers import HERE, Make, proc, run, server


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
