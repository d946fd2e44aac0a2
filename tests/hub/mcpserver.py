"""A notebook server reduced to what the MCP endpoint needs: it asks the hub who calls, and has one tool."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
TOOL = {"name": "whoami", "description": "Who calls", "inputSchema": {"type": "object", "properties": {}}}


def owner(authorization: str) -> str:
    """The name of the user whose token this is; empty for nobody's."""
    request = urllib.request.Request(
        f"{os.environ['JUPYTERHUB_API_URL']}/user", headers={"Authorization": authorization}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(json.load(answer)["name"])
    except urllib.error.HTTPError:
        return ""


class Speaking(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, b"{}", "application/json")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = owner(self.headers.get("Authorization", ""))
        if name != os.environ["JUPYTERHUB_USER"]:
            self.answer(403, b"{}", "application/json")
        elif self.path != f"{PREFIX}mcp":
            self.answer(404, b"<html>", "text/html")
        elif "id" not in body:
            self.answer(200, b"", "application/json")
        else:
            self.spoken(body, name)

    def spoken(self, body: dict[str, Any], name: str) -> None:
        called = body.get("params", {}).get("name", "")
        arguments = body.get("params", {}).get("arguments", {})
        if called == "missing":
            self.answer(404, b"<html>", "text/html")
            return
        time.sleep(arguments.get("seconds", 0))
        results: dict[str, Any] = {
            "initialize": {
                "protocolVersion": "2024-11-05",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "notebook", "version": "1"},
            },
            "tools/list": {"tools": [TOOL]},
            "tools/call": {
                "content": [{"type": "text", "text": json.dumps({"name": name, "pid": os.getpid()})}],
                "isError": False,
            },
        }
        content = json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": results.get(body["method"], {})})
        if called == "events":
            note = json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}})
            text = f"event: message\ndata: {note}\n\nevent: message\r\ndata: {content}\r\n\r\n"
            self.answer(200, text.encode(), "text/event-stream")
        else:
            self.answer(200, content.encode(), "application/json")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("X-JupyterHub-Version", os.environ["HUB_VERSION"])
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", "of=one-user; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


if Path(sys.argv[1]).exists():
    sys.exit(Path(sys.argv[1]).read_text())
report = {"pid": os.getpid(), "environment": dict(os.environ)}
path = Path(os.environ["REPORTS"]) / f"{os.getpid()}.json"
path.with_suffix(".new").write_text(json.dumps(report))
path.with_suffix(".new").rename(path)
port = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port or 0
ThreadingHTTPServer(("127.0.0.1", port), Speaking).serve_forever()
