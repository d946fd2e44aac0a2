"""A local stack installed as a user does it, and a person who signs in and runs code in a notebook's kernel."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import websocket
import yaml

ROOT = Path(__file__).parent.parent.parent
PASSWORD = "a-password-for-tests-only"


def eventually(check: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """The first truthy result of `check`."""
    until = time.monotonic() + seconds
    while True:
        if found := check():
            return found
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Commands:
    """`inv` on one stack file."""

    spec: Path
    environment: dict[str, str]
    patience_seconds = 180

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "invoke", *words, "--spec", str(self.spec)]

    def start(self, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Begin a command and leave it running."""
        return subprocess.Popen(
            self.command(*words),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=options.pop("stderr", subprocess.PIPE),
            text=True,
            **options,
        )

    def inv(self, *words: str, code: int | None = 0, answer: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `code` is the exit code it must have."""
        done = subprocess.run(
            self.command(*words),
            cwd=ROOT,
            env={**os.environ, **self.environment},
            input=answer,
            stdin=None if answer is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.patience_seconds,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr + done.stdout
        return done


class InstalledStack(Commands):
    """`inv` on one spec and one state directory."""

    def __init__(self, folder: Path, **spec: Any) -> None:
        self.spec = folder / "stack.yaml"
        self.state = folder / "state"
        self.environment: dict[str, str] = {}
        self.declare(**spec)

    def declare(self, **spec: Any) -> None:
        """Write the stack file."""
        self.content = {
            "version": 1,
            "name": "test",
            "target": {"kind": "local"},
            "auth": {"kind": "native", "admin_users": ["admin"]},
            "profiles": {"minimal": {"enabled": True, "default": True}, "datascience": {"enabled": False}},
            **spec,
        }
        self.spec.write_text(yaml.safe_dump(self.content, sort_keys=False))

    def command(self, *words: str) -> list[str]:
        options = [] if words[0] in ("validate", "render") else ["--state", str(self.state)]
        return [*super().command(*words), *options]

    def install(self) -> str:
        """Install and return the address without its last slash."""
        self.url = self.inv("install", "--yes").stdout.strip().rstrip("/")
        return self.url

    def status(self) -> dict[str, Any]:
        return json.loads(self.inv("status", "--json", code=None).stdout)

    def pid(self, part: str) -> int:
        """Of a part; 0 while it has none."""
        return int(json.loads((self.state / "run" / "status.json").read_text())["parts"][part]["pid"] or 0)

    def supervisor(self) -> int:
        return int(json.loads((self.state / "run" / "status.json").read_text())["supervisor"]["pid"])

    def healthy(self) -> bool:
        status = self.status()
        return bool(status["supervised"]) and all(part["state"] == "ready" for part in status["parts"].values())

    def ask_hub(self, path: str, method: str = "GET", token: str = "") -> requests.Response:
        """A call of the hub's API, with the admin service's token unless another is given."""
        port = json.loads((self.state / "conf" / "facts.json").read_text())["ports"]["hub_port"]
        token = token or (self.state / "secrets" / "admin-service-token").read_text().strip()
        with requests.Session() as session:
            session.trust_env = False
            headers = {"Authorization": f"token {token}"}
            return session.request(
                method, f"http://127.0.0.1:{port}/hub/api/{path}", headers=headers, json={}, timeout=30
            )

    def remove(self) -> None:
        self.inv("uninstall", "--purge", "--yes")

    def person(self, name: str, admin: bool = False) -> "Person":
        """A user with an account, signed in."""
        self.inv("user.add", name, *(["--admin"] if admin else []), answer=PASSWORD + "\n")
        return Person(self, name, PASSWORD)

    @property
    def ca(self) -> str | bool:
        return str(self.state / "tls" / "ca.pem") if self.url.startswith("https") else True


class Person:
    """A signed-in user with a browser's cookies."""

    def __init__(self, stack: InstalledStack, name: str, password: str) -> None:
        self.stack, self.name = stack, name
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = stack.ca
        # A proxy ends a connection that was idle for some seconds, just when the next request may be on its way.
        self.session.headers["Connection"] = "close"
        page = self.get("/hub/login")
        self.answer = self.session.post(
            f"{stack.url}/hub/login",
            data={
                "username": name,
                "password": password,
                "_xsrf": self.session.cookies.get("_xsrf", path="/hub/"),
            },
            headers={"Referer": page.url},
            timeout=30,
        )

    @property
    def base(self) -> str:
        return f"/user/{quote(self.name, safe='@')}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(f"{self.stack.url}{path}", timeout=30, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        xsrf = next((c.value for c in self.session.cookies if c.name == "_xsrf" and path.startswith(c.path)), "")
        return self.session.post(f"{self.stack.url}{path}", headers={"X-XSRFToken": xsrf or ""}, timeout=30, **options)

    def spawn(self, profile: str = "minimal", seconds: float = 30) -> None:
        """Choose a profile in the form and wait for the server."""
        page = self.get("/hub/spawn")
        xsrf = next(c.value for c in self.session.cookies if c.name == "_xsrf" and c.path == "/hub/")
        answer = self.session.post(
            page.url, data={"profile": profile, "_xsrf": xsrf}, headers={"Referer": page.url}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        eventually(self.inside, f"{self.name}'s server", seconds)

    def inside(self) -> bool:
        """Whether the server answers this user; the first page asked for brings its cookies."""
        if self.get(f"{self.base}/api/status").status_code != 200:
            self.get(f"{self.base}/lab")
        return self.get(f"{self.base}/api/status").status_code == 200

    def stop(self) -> None:
        xsrf = next(c.value for c in self.session.cookies if c.name == "_xsrf" and c.path == "/hub/")
        name = quote(self.name, safe="")
        answer = self.session.delete(
            f"{self.stack.url}/hub/api/users/{name}/server", headers={"X-XSRFToken": xsrf or ""}, timeout=30
        )
        assert answer.status_code in (202, 204), answer.text

    def run(self, code: str, seconds: float = 60) -> str:
        """Run code in a new kernel through the websocket; what it printed, or its error."""
        kernel = self.post(f"{self.base}/api/kernels", json={}).json()["id"]
        address = f"{self.stack.url}{self.base}/api/kernels/{kernel}/channels".replace("http", "ws", 1)
        cookies = "; ".join(
            f"{c.name}={c.value}" for c in self.session.cookies if self.base.startswith(c.path.rstrip("/"))
        )
        options = {"ca_certs": self.stack.ca} if isinstance(self.stack.ca, str) else None
        socket = websocket.create_connection(
            address, cookie=cookies, timeout=seconds, sslopt=options, origin=self.stack.url
        )
        try:
            return self._execute(socket, code)
        finally:
            socket.close()

    def _execute(self, socket: websocket.WebSocket, code: str) -> str:
        identity = uuid.uuid4().hex
        header = {
            "msg_id": identity,
            "username": "",
            "session": identity,
            "msg_type": "execute_request",
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": False,
            "user_expressions": {},
            "allow_stdin": False,
        }
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }
        socket.send(json.dumps(message))
        printed = ""
        while True:
            answer = json.loads(socket.recv())
            if answer["parent_header"].get("msg_id") != identity:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            elif answer["msg_type"] == "error":
                printed += f"{answer['content']['ename']}: {answer['content']['evalue']}"
            elif answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return printed
