"""A real JupyterHub that runs the chart's own configuration with the stack's, outside of a pod."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import requests

from tests.hub.cluster.chart import HubFolder
from tests.hub.realhub import ROOT, eventually

_START = str(ROOT / "hub" / "local" / "start.py")


class Routes(BaseHTTPRequestHandler):
    """Keeps routes as the proxy's API does, and sends nobody anywhere."""

    protocol_version = "HTTP/1.1"
    kept: dict[str, Any] = {}

    def _answer(self, status: int, content: Any = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._answer(200, self.kept)

    def do_POST(self) -> None:
        route = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.kept[self.path.removeprefix("/api/routes")] = route
        self._answer(201)

    def do_DELETE(self) -> None:
        self.kept.pop(self.path.removeprefix("/api/routes"), None)
        self._answer(204)

    def log_message(self, *_: object) -> None:
        pass


class ChartHub:
    """One hub; entering the context starts it and its stand-in of a proxy."""

    def __init__(self, folder: HubFolder, kubeconfig: Path, state: Path) -> None:
        self.url = f"http://127.0.0.1:{folder.hub_port}/hub/api"
        self.log = state / "hub.log"
        self._folder, self._state = folder, state
        self._environment = {**folder.environment, "KUBECONFIG": str(kubeconfig)}
        routes = type("Kept", (Routes,), {"kept": {}})
        self._proxy = ThreadingHTTPServer(("127.0.0.1", folder.proxy_port), routes)

    def __enter__(self) -> Self:
        threading.Thread(target=self._proxy.serve_forever, daemon=True).start()
        command = [sys.executable, "-P", _START, "-f", str(self._folder.path / "jupyterhub_config.py")]
        with self.log.open("wb") as log:
            # The chart reaches its proxy by the name of a Service.
            command += ["--ConfigurableHTTPProxy.api_url", f"http://127.0.0.1:{self._folder.proxy_port}"]
            self._process = subprocess.Popen(command, cwd=self._state, env=self._environment, stdout=log, stderr=log)
        try:
            eventually(self._answers, "the hub answers", 60)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        self._proxy.shutdown()
        self._proxy.server_close()

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()[-6000:]
        try:
            return requests.get(f"{self.url}/", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request with the token of the admin service, which the chart's Secret carries."""
        headers = {"Authorization": "token admin_service_token-of-tests"}
        return requests.request(method, f"{self.url}/{path}", headers=headers, timeout=30, **options)

    def start(self, user: str, **options: Any) -> requests.Response:
        """Ask for a server of a user, who is made when new."""
        self.api("POST", f"users/{user}")
        return self.api("POST", f"users/{user}/server", json=options)

    def server(self, user: str) -> dict[str, Any]:
        """What the hub says of a server; empty when there is none."""
        found: dict[str, Any] = (self.api("GET", f"users/{user}").json().get("servers") or {}).get("") or {}
        return found
