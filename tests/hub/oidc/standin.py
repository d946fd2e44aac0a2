"""An OpenID provider for the quick tests: oidc-provider-mock, with faults on demand. Run as a process of its own.

It proves nothing about Keycloak's settings; what depends on those is asked of a real one in tests/keycloak.
"""

import base64
import io
import json
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs


class Faults:
    """What goes wrong now, and what was asked since the last change of it."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app
        self.calls: list[str] = []
        self.now: dict[str, Any] = {}
        self.there_again = threading.Event()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path, form = environ["PATH_INFO"], environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(form)
        if path == "/control":
            return self._control(environ["REQUEST_METHOD"], form, start)
        call = f"{environ['REQUEST_METHOD']} {path}"
        self.calls.append(call)
        if status := self.now.get("once", {}).pop(call, None):
            return _answer(start, f"{status} Fault", {})
        if self.now.get("hang"):
            self.there_again.wait(60)
        if status := self.now.get("status"):
            return _answer(start, f"{status} Fault", {})
        known = self.now.get("secrets")
        if path == "/oauth2/token" and known and _secret(environ, form) not in known:
            return _answer(start, "401 Unauthorized", {"error": "invalid_client"})
        if path in self.now.get("answers", {}):
            return _answer(start, "200 OK", self.now["answers"][path])
        return self._answered(path, environ, start)

    def _answered(self, path: str, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        seen: list[Any] = []

        def noted(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            seen[:] = [status, headers]

        body = b"".join(self.app(environ, noted))
        life = self.now.get("expires_in")
        if path == "/oauth2/token" and seen[0].startswith("200") and life is not None:
            return _answer(start, seen[0], json.loads(body) | {"expires_in": life})
        start(*seen)
        return [body]

    def _control(self, method: str, form: bytes, start: Callable[..., Any]) -> Iterable[bytes]:
        if method == "POST":
            self.now, self.calls = json.loads(form), []
            if not self.now.get("hang"):
                self.there_again.set()
                self.there_again = threading.Event()
        return _answer(start, "200 OK", {"calls": self.calls})


def _secret(environ: dict[str, Any], form: bytes) -> str:
    """With which the hub proves who it is, in a header or in the form."""
    kind, _, pair = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if kind == "Basic":
        return base64.b64decode(pair).decode().partition(":")[2]
    return parse_qs(form.decode()).get("client_secret", [""])[0]


def _answer(start: Callable[..., Any], status: str, content: Any) -> list[bytes]:
    start(status, [("Content-Type", "application/json")])
    return [json.dumps(content).encode()]


def main() -> None:
    """Serve on the port of the command line until killed."""
    warnings.simplefilter("ignore")  # of a library that it uses
    import oidc_provider_mock
    from werkzeug.serving import make_server

    app = oidc_provider_mock.app()
    make_server("127.0.0.1", int(sys.argv[1]), Faults(app), threaded=True).serve_forever()


if __name__ == "__main__":
    main()
