"""A real hub with the MCP endpoint for all users beside it, and users' servers that speak MCP."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from apply.tokens import default_scopes
from tests.hub.realhub import RealHub, eventually
from tests.openbao import free_port

ROOT = Path(__file__).parent.parent.parent
SPEAKING_SERVER = Path(__file__).with_name("mcpserver.py")
PATH = "/services/mcp"


class GateHub(RealHub):
    """A hub with the endpoint beside it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.gate_url = f"http://127.0.0.1:{free_port()}"
        mcp = {"url": self.gate_url, "command": [], "environment": {}}
        super().__init__(folder, vault=None, mcp=mcp, **changes)
        self.gate_log = folder / "gate.log"
        with (folder / "config.py").open("a") as config:
            config.write("c.Spawner.http_timeout = 3\n")

    def _light_python(self) -> str:
        path = self.folder / "speaking-python"
        path.write_text(f"#!/bin/sh\nexec {sys.executable} -I {SPEAKING_SERVER} {self.folder / 'refuse'}\n")
        path.chmod(0o700)
        return str(path)

    def start(self) -> None:
        super().start()
        if "gate" not in self._processes:
            self.start_gate()

    def start_gate(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "MCP_LISTEN": self.gate_url,
            "MCP_PATH": PATH,
            "MCP_HUB_API": self.api_url,
            "MCP_TITLE": "Tests",
        }
        with self.gate_log.open("ab") as log:
            self._processes["gate"] = subprocess.Popen(
                [sys.executable, "-m", "hub.mcpgate"], env=environment, stdout=log, stderr=log
            )
        eventually(self._gate_answers, "the endpoint answers", 20)

    def _gate_answers(self) -> bool:
        try:
            return requests.get(f"{self.gate_url}{PATH}", timeout=5).status_code == 405
        except requests.ConnectionError:
            return False

    def token(self, user: str, scopes: Sequence[str] = (), **wanted: Any) -> str:
        """A new token of a user, who is made when new."""
        name = quote(user, safe="")
        self.api("POST", f"users/{name}")
        given = [scope.format(user) for scope in scopes] or default_scopes(user)
        wanted = {"expires_in": 600, "scopes": given, **wanted}
        answer = self.api("POST", f"users/{name}/tokens", json=wanted)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def send(self, token: str | None, message: Any, accept: str = "application/json") -> requests.Response:
        """One message through the proxy, whatever it is."""
        headers = {"Accept": accept, "Connection": "close"} | ({"Authorization": f"token {token}"} if token else {})
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return self.session.post(f"{self.url}{PATH}", data=body, headers=headers, timeout=60)

    def ask(self, token: str, method: str, **params: Any) -> Any:  # type: ignore[override]
        """The result of a request; its error as a text."""
        answer = self.send(token, {"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
        content = answer.json()
        return content["result"] if "result" in content else f"{answer.status_code} {content['error']['message']}"

    def call(self, token: str, tool: str, **arguments: Any) -> Any:
        """What a tool says."""
        found = self.ask(token, "tools/call", name=tool, arguments=arguments)
        if isinstance(found, str):
            return found
        text = found["content"][0]["text"]
        return f"failed: {text}" if found["isError"] else json.loads(text)
