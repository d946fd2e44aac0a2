"""Small servers around the real OpenBao: the hub's token endpoint, and a wire that can be cut."""

import contextlib
import json
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.openbao import OpenBao
from tests.vault_lab import notebook_token


class HubEndpoint:
    """Answers `POST /hub/api/vault-token` with real wrapped tokens of `bao`, or with `refusal`."""

    def __init__(self, bao: OpenBao, segment: str) -> None:
        self.token = "hub-api-token-of-this-server"
        self.asked = 0
        self.ttl = "1h"
        self.home = f"jupyter/users/jupyterhub.{segment}"
        self.refusal: tuple[int, str] | None = None
        self.used_wrapping = False
        self._bao, self._segment = bao, segment

    def answer(self, authorization: str | None) -> tuple[int, str]:
        """Status and body for one request."""
        self.asked += 1
        if self.refusal is not None:
            return self.refusal
        if authorization != f"token {self.token}":
            return 403, json.dumps({"status": 403, "message": "Forbidden"})
        made = notebook_token(self._bao, self._segment, self.ttl, wrap=True)
        if self.used_wrapping:
            self._bao.ok("POST", "sys/wrapping/unwrap", made["token"])
        body: dict[str, Any] = {"wrapped_token": made["token"], "lease": 3600, "home": self.home}
        return 200, json.dumps(body | {"mount": "secret", "address": self._bao.address})


@contextlib.contextmanager
def serving(hub: HubEndpoint) -> Iterator[str]:
    """The hub's API address, served for as long as the context."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = hub.answer(self.headers.get("Authorization"))
            if self.path != "/hub/api/vault-token":
                status, body = 404, ""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hub/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Wire:
    """Forwards bytes to `port`; the next `cut_requests` requests are lost with their connections.

    A TLS record says nothing of what it holds, so requests are counted and not looked at.
    """

    def __init__(self, port: int, listen: int = 0, host: str = "127.0.0.1") -> None:
        self.cut_requests = 0
        self.lose_answer_of = 0
        self.swallow = False
        self.connections = 0
        self._target = port
        self._closing = threading.Event()
        self._listener = socket.create_server((host, listen))
        self._threads = [threading.Thread(target=self._accept)]
        self.address = f"https://{host}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Wire":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for thread in list(self._threads):
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        self._listener.settimeout(0.05)
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._forward, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _forward(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._target))
        with client, server, selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while not self._closing.is_set():
                for key, _ in ready.select(0.05):
                    if not self._pass_on(key.fileobj is client, key.fileobj, key.data):
                        return

    def _pass_on(self, from_client: bool, source: Any, target: socket.socket) -> bool:
        """Whether the connection goes on: either side may hang up at any moment."""
        with contextlib.suppress(OSError):
            return self._passed_on(from_client, source.recv(65536), target)
        return False

    def _passed_on(self, from_client: bool, data: bytes, target: socket.socket) -> bool:
        if from_client and data and self.lose_answer_of:
            self.lose_answer_of -= 1
            if not self.lose_answer_of:
                target.sendall(data)
                target.recv(65536)
                return False
        if from_client and data and self.cut_requests:
            self.cut_requests -= 1
            return False
        if not (from_client and self.swallow):
            target.sendall(data)
        return bool(data)


def eventually(reached: Any, seconds: float = 10) -> None:
    """Wait until `reached()` is true."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
