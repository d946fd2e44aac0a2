"""What a pod beside the hub does for `inv`: `python -m hub.offline.pod PORT DIGEST [DATABASE]`. Touches the network.

It listens on its own loopback, which a forwarded port alone reaches, and answers whoever has the text of the digest.
"""

import hashlib
import hmac
import json
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hub.offline.database import answered

_BROUGHT = Path("/tmp/brought.sqlite")  # noqa: S108 - the pod's own
_COPY = Path("/tmp/copy.sqlite")  # noqa: S108
_PIECE = 2**20


class Handler(BaseHTTPRequestHandler):
    """One request: GET /copy, PUT /brought, POST /ACTION with JSON."""

    digest = ""
    database = Path()

    def do_GET(self) -> None:
        """The database itself, as a consistent copy; anything else tells that the pod is there."""
        if not self._admitted():
            return
        if self.path != "/copy":
            self._json({})
        elif fault := answered("copy", str(self.database), str(_COPY)):
            self._json(fault)
        else:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(_COPY.stat().st_size))
            self.end_headers()
            with _COPY.open("rb") as file:
                shutil.copyfileobj(file, self.wfile)

    def do_PUT(self) -> None:
        """A database is brought, for what comes next."""
        if not self._admitted():
            return
        left = int(self.headers["Content-Length"])
        with _BROUGHT.open("wb") as file:
            while left and (piece := self.rfile.read(min(left, _PIECE))):
                file.write(piece)
                left -= len(piece)
        self._json({"fault": "the connection ended too early"} if left else {})

    def do_POST(self) -> None:
        """Work on it."""
        if not self._admitted():
            return
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/place":
            self._json(answered("place", str(_BROUGHT), str(self.database)))
        elif self.path == "/put-back":
            self._json(answered("place", str(self.database.with_name(Path(asked["kept"]).name)), str(self.database)))
        else:
            from hub.offline.rehearsal import rehearsed  # only in the pod of a rehearsal

            self._json(rehearsed(_BROUGHT, asked))

    def log_message(self, *_: Any) -> None:
        """Nothing: the log of the pod is for faults."""

    def _admitted(self) -> bool:
        brought = hashlib.sha256(self.headers.get("Authorization", "").encode()).hexdigest()
        if hmac.compare_digest(brought, self.digest):
            return True
        self.send_error(403)
        return False

    def _json(self, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(port: int, digest: str, database: str) -> None:
    """Answer until the pod is removed."""
    Handler.digest, Handler.database = digest, Path(database)
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], sys.argv[3])
