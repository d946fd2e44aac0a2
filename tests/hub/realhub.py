"""A real JupyterHub behind a real proxy, configured by `hub/` as the local target does it."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import jupyterhub
import requests

from render.templates import filled
from tests.hub.examples import ENVIRONMENT, LOCAL, settings
from tests.openbao import free_port

ROOT = Path(__file__).parent.parent.parent
LIGHT_SERVER = Path(__file__).with_name("lightserver.py")
CONFIG = """
load_subconfig({ours!r})
from hub.local import process
from jupyterhub.spawner import SimpleLocalProcessSpawner

class Reaped(SimpleLocalProcessSpawner):
    async def poll(self):
        # Where nobody reaps orphans, as in a container without an init, a killed server stays there as a zombie.
        return 0 if self.pid and process.identity(self.pid) is None else await super().poll()

c.JupyterHub.spawner_class = Reaped
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}]
c.Spawner.poll_interval = 1
c.StackAuthenticator.sweep_seconds = 0.5
c.JupyterHub.load_groups = {groups!r}
"""


def eventually(check: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """The first truthy result of `check`."""
    until = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found


class RealHub:
    """One hub with its state in `folder`; entering the context starts it.

    Args:
        changes: top-level keys of the settings.
    """

    def __init__(self, folder: Path, *, python: str = "", **changes: Any) -> None:
        self.folder = folder
        for name in ("secrets", "hub", "traefik", "conf", "homes", "reports"):
            (folder / name).mkdir(parents=True)
        self._ports = {"public_port": free_port(), "proxy_api_port": free_port(), "hub_port": free_port()}
        self.url = f"http://127.0.0.1:{self._ports['public_port']}"
        self.api_url = f"http://127.0.0.1:{self._ports['hub_port']}/hub/api"
        self.log = folder / "hub.log"
        self.session = requests.Session()
        self.session.trust_env = False
        self.environment: dict[str, str] = {}
        """Further variables of the hub, from its next start on."""
        self.crypt_key = secrets.token_hex(32)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._write_configuration(python or self._light_python(), changes)

    def _write_configuration(self, python: str, changes: dict[str, Any]) -> None:
        local = {
            **LOCAL,
            "state": str(self.folder),
            "public_url": f"{self.url}/",
            "hub_port": self._ports["hub_port"],
            "proxy_api_url": f"http://127.0.0.1:{self._ports['proxy_api_port']}",
            "python": python,
        }
        environment = {"REPORTS": str(self.folder / "reports"), "HUB_VERSION": jupyterhub.__version__}
        notebook = {"environment": environment, "log_level": "warning", "allow_token_in_url": False}
        content = settings(**{"local": local, "notebook": notebook, **changes})
        if content["provider"] is not None:
            content["provider"]["public_url"] = f"{self.url}/"
        groups = {"science": {"users": ["alice"]}} if content["provider"] is None else {}
        (self.folder / "conf" / "settings.json").write_text(json.dumps(content))
        ours = str(ROOT / "hub" / "local" / "jupyterhub_config.py")
        homes = str(self.folder / "homes")
        (self.folder / "config.py").write_text(CONFIG.format(ours=ours, homes=homes, python=python, groups=groups))
        cookie_secret = self.folder / "secrets" / "cookie-secret"
        cookie_secret.touch(0o600)
        cookie_secret.write_text(secrets.token_hex(32))
        proxy = filled("templates/traefik.toml.j2", address=f"127.0.0.1:{self._ports['public_port']}", tls=False)
        proxy = proxy.replace("@{proxy_api_port}", str(self._ports["proxy_api_port"]))
        (self.folder / "conf" / "traefik.toml").write_text(proxy.replace("@{state}", str(self.folder)))
        (self.folder / "traefik" / "rules.toml").touch()

    def _light_python(self) -> str:
        """An interpreter of the profile that starts the light server, whatever it is told."""
        path = self.folder / "light-python"
        path.write_text(f"#!/bin/sh\nexec {sys.executable} -I {LIGHT_SERVER}\n")
        path.chmod(0o700)
        return str(path)

    def __enter__(self) -> Self:
        traefik = str(Path(sys.executable).with_name("traefik"))
        self._start("proxy", [traefik, f"--configFile={self.folder / 'conf' / 'traefik.toml'}"])
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes.values()):
            process.terminate()
        for process in self._processes.values():
            process.wait(20)
        for pid in self.server_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start(self) -> None:
        """Start the hub, again after `stop`, and wait until it answers through the proxy."""
        self._start("hub", [sys.executable, "-m", "hub.local.start", "-f", str(self.folder / "config.py")])
        eventually(self._answers, "the hub answers", 40)

    def stop(self) -> None:
        """Stop the hub alone; servers and proxy go on."""
        hub = self._processes.pop("hub")
        hub.terminate()
        hub.wait(20)

    def kill(self) -> None:
        """End the hub alone as a power cut would."""
        hub = self._processes.pop("hub")
        hub.kill()
        hub.wait()

    @property
    def pid(self) -> int:
        return self._processes["hub"].pid

    @property
    def runs(self) -> bool:
        return "hub" in self._processes

    def _start(self, name: str, command: list[str]) -> None:
        environment = {
            **os.environ,
            **ENVIRONMENT,
            "PYTHONPATH": str(ROOT),
            "BUUNSTACK_SETTINGS": str(self.folder / "conf" / "settings.json"),
            "JUPYTERHUB_CRYPT_KEY": self.crypt_key,
            **(self.environment if name == "hub" else {}),
        }
        with self.log.open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command, cwd=self.folder / "hub", env=environment, stdout=log, stderr=log
            )

    def _answers(self) -> bool:
        assert self._processes["hub"].poll() is None, self.log.read_text()[-4000:]
        try:
            return self.session.get(f"{self.url}/hub/api/", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def api(self, method: str, path: str, token: str = "", **options: Any) -> requests.Response:
        """One request to the hub's API; with the admin service's token unless another is given."""
        token = token or ENVIRONMENT["BUUNSTACK_ADMIN_SERVICE_TOKEN"]
        headers = {"Authorization": f"token {token}"}
        return self.session.request(method, f"{self.api_url}/{path}", headers=headers, timeout=30, **options)

    def ask(self, token: str) -> requests.Response:
        """What a notebook does at its first secret."""
        return self.api("POST", "vault-token", token)

    def spawn(self, user: str, server: str = "", **options: Any) -> dict[str, Any]:
        """Start a server; its pid and environment."""
        before = set(self.reports())
        answer = self.request_spawn(user, server, **options)
        assert answer.status_code in (201, 202), answer.text
        path = eventually(lambda: set(self.reports()) - before, f"{user}'s server runs").pop()
        eventually(lambda: self.server(user, server).get("ready"), f"{user}'s server is ready")
        report: dict[str, Any] = json.loads(path.read_text())
        return report

    def request_spawn(self, user: str, server: str = "", **options: Any) -> requests.Response:
        """Ask for a server of a user, who is made when new."""
        name = quote(user, safe="")
        self.api("POST", f"users/{name}")
        path = f"users/{name}/servers/{quote(server, safe='')}" if server else f"users/{name}/server"
        return self.api("POST", path, json=options)

    def stop_server(self, user: str, server: str = "") -> None:
        """Stop a server and wait until the hub says it is gone."""
        name = quote(user, safe="")
        path = f"users/{name}/servers/{quote(server, safe='')}" if server else f"users/{name}/server"
        assert self.api("DELETE", path).status_code in (202, 204)
        self.wait_stopped(user, server)

    def wait_stopped(self, user: str, server: str = "") -> None:
        eventually(lambda: not self.server(user, server), f"{user}'s server has stopped")

    def server(self, user: str, server: str = "") -> dict[str, Any]:
        """What the hub says of a running server; empty when there is none."""
        servers = self.api("GET", f"users/{quote(user, safe='')}").json().get("servers") or {}
        found: dict[str, Any] = servers.get(server) or {}
        return found

    def reports(self) -> list[Path]:
        return list((self.folder / "reports").glob("*.json"))

    def server_pids(self) -> list[int]:
        return [int(path.stem) for path in self.reports()]


def hub_token(report: dict[str, Any]) -> str:
    """The token with which a server speaks to the hub."""
    return str(report["environment"]["JUPYTERHUB_API_TOKEN"])
