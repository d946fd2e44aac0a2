"""A proxy that keeps a wrong connection to the hub does not make a good stack's proof fail."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from apply.clusterproof import await_login_page


class _KeptWrongly(http.server.BaseHTTPRequestHandler):
    """As configurable-http-proxy does: a wrong connection to the hub is used until a request closes it."""

    wrong = True

    def do_GET(self) -> None:
        kind = type(self)
        self.send_response(403 if kind.wrong else 200)
        kind.wrong = kind.wrong and self.headers.get("Connection") != "close"
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def proxy() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _KeptWrongly) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_login_page_is_asked_for_over_a_new_connection_each_time(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apply.clusterproof._PATIENCE_SECONDS", 5)

    await_login_page(proxy)

    assert not _KeptWrongly.wrong
