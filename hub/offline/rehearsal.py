"""A JupyterHub of its own on a copy of a database: how long it takes, and what it would call users' homes.

`python -m hub.offline.rehearsal COPY JSON` prints one JSON result. It reaches no proxy, no server and no other hub.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hub.offline.database import Unfit, described

_PATIENCE_SECONDS = 600
_LAST_LINES = 12
_CONFIG = """
from jupyterhub.proxy import Proxy
from jupyterhub.spawner import Spawner

class NoProxy(Proxy):
    should_start = False
    async def add_route(self, *args): pass
    async def delete_route(self, *args): pass
    async def get_all_routes(self): return {{}}

class NoServers(Spawner):
    async def poll(self): return 0
    async def start(self): raise RuntimeError("a rehearsal starts no servers")
    async def stop(self, now=False): pass

c.JupyterHub.db_url = "sqlite:///{database}"
c.JupyterHub.upgrade_db = True
c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.spawner_class = NoServers
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.cookie_secret = {cookie!r}
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.cleanup_servers = False
"""


def rehearsed(copy: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Migrate the copy, start the hub on it, and say what was seen.

    Args:
        asked: `template` and `slug_scheme` of the names of claims, as the new chart has them.
    """
    try:
        before = described(copy)
        with tempfile.TemporaryDirectory() as folder:
            seen = _run(copy, Path(folder))
        after = described(copy)
    except (Unfit, OSError) as error:
        return {"fault": str(error)}
    users = [user["name"] for user in before["users"]]
    return {
        **seen,
        "before": before["revisions"],
        "after": after["revisions"],
        "bytes": before["bytes"],
        "versions": _versions(),
        "names": {user: _claims(user, **asked) for user in users} if asked else {},
    }


def _run(copy: Path, folder: Path) -> dict[str, Any]:
    # `upgrade-db` reads the file of this name in its folder, whatever else it is told (jupyterhub/app.py).
    config, log = folder / "jupyterhub_config.py", folder / "log"
    port, public = _free_port(), _free_port()
    config.write_text(_CONFIG.format(database=copy, cookie=os.urandom(32), public=public, port=port))
    command = [sys.executable, "-m", "jupyterhub"]
    options: dict[str, Any] = {"cwd": folder, "env": _environment()}
    with log.open("wb") as output:
        started = time.monotonic()
        upgrade = subprocess.run([*command, "upgrade-db"], stdout=output, stderr=output, check=False, **options)
        migrated = time.monotonic() - started
        if upgrade.returncode:
            return {"seconds": round(migrated, 1), "hub_seconds": None, "trouble": _tail(log)}
        started = time.monotonic()
        runs = _starts([*command, "--config", str(config)], options, output, port)
    waited = round(time.monotonic() - started, 1) if runs else None
    return {"seconds": round(migrated, 1), "hub_seconds": waited, "trouble": "" if runs else _tail(log)}


def _environment() -> dict[str, str]:
    """JupyterHub starts `alembic` by its name (jupyterhub/dbutil.py)."""
    return os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    }


def _starts(command: list[str], options: dict[str, Any], output: Any, port: int) -> bool:
    until = time.monotonic() + _PATIENCE_SECONDS
    hub = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True, **options)
    try:
        while hub.poll() is None and time.monotonic() < until:
            address = f"http://127.0.0.1:{port}/hub/api/"
            with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
                return True
            time.sleep(0.2)
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(hub.pid, signal.SIGKILL)
        hub.wait()


def _claims(user: str, template: str, slug_scheme: str) -> dict[str, str]:
    """What KubeSpawner calls the claim of a user now, and what it did before its version 7."""
    try:
        from kubespawner import KubeSpawner
    except ImportError:
        return {}
    name = SimpleNamespace(
        name="", user=SimpleNamespace(name=user, id=0), slug_scheme=slug_scheme, _namespace_default=lambda: "default"
    )
    return {
        "new": KubeSpawner._expand_user_properties(name, template),
        "former": KubeSpawner._expand_user_properties(name, template, slug_scheme="escape"),
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in ("jupyterhub", "jupyterhub-kubespawner"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").strip().splitlines()[-_LAST_LINES:])


if __name__ == "__main__":
    print(json.dumps(rehearsed(Path(sys.argv[1]), json.loads(sys.argv[2]))))
