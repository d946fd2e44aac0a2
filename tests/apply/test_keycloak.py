"""Where this program connects to, and what a server says that is not ready, or not the one."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from apply.keycloak import Keycloak, place, service_account
from spec.errors import TargetUnreachable

PUBLIC = "https://auth.lab.internal"


class Answer(BaseHTTPRequestHandler):
    """Answers with the status that the realm is called."""

    def do_POST(self) -> None:
        self.send_response(int(self.path.split("/")[2]))
        self.send_header("Location", PUBLIC)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def test_the_internal_address_is_taken_where_its_name_is_known() -> None:
    assert place(PUBLIC, "http://127.0.0.1:8080") == "http://127.0.0.1:8080"


def test_elsewhere_the_public_one_is_taken() -> None:
    assert place(PUBLIC, None) == PUBLIC
    assert place(PUBLIC, "http://keycloak.keycloak.invalid:8080") == PUBLIC


@pytest.mark.parametrize(("status", "hint"), [("503", "starting"), ("302", "auth.keycloak.url")])
def test_a_server_that_is_not_ready_or_leads_elsewhere(address: str, status: str, hint: str) -> None:
    with pytest.raises(TargetUnreachable, match=f"AUTH101 Keycloak at {address} answers {status}") as found:
        Keycloak(address, status, service_account("installer", "a-secret")).roles()

    assert hint in found.value.hint
