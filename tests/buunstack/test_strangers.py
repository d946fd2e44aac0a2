"""Something that is not Vault, or not all the time, stands at its address."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from buunstack import Conflict, SecretStore, SecretStoreError, Unavailable
from tests.buunstack.conftest import Notebook

LOOKUP = '{"data": {"ttl": 3600, "creation_ttl": 3600, "expire_time": "later", "renewable": true}}'
CHANGED = '{"errors": ["check-and-set parameter did not match the current version"]}'


class Stranger:
    """Answers every request but the token's look-up with what a test sets, by method or for all."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []

    def answer(self, method: str, path: str) -> tuple[int, str]:
        """Status and body."""
        if path.endswith("/lookup-self"):
            return 200, LOOKUP
        self.asked.append(method)
        return self.answers.get(method, self.answers.get("all", (200, "")))


@pytest.fixture
def stranger(notebook: Notebook) -> Iterator[Stranger]:
    """A server at VAULT_ADDR, within this machine and so without TLS."""
    stands = Stranger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = stands.answer(self.command, self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "https://elsewhere.invalid/")
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_PATCH = do_LIST = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    notebook.environment.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_address[1]}")
    notebook.environment.setenv("NOTEBOOK_VAULT_TOKEN", "s.token")
    yield stands
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, '{"errors": ["raft is not ready"]}'), r"cannot answer now \(500, raft is not ready\)"),
        ((502, "<html>Bad Gateway</html>"), r"cannot answer now \(502\)"),
        ((473, ""), r"cannot answer now \(473\)"),
        ((307, ""), r"cannot answer now \(307\)"),
        ((404, "<html>Not Found</html>"), "neither Vault's nor the hub's"),
        ((200, "<html>Welcome</html>"), "neither Vault's nor the hub's"),
        ((200, '["json"]'), "neither Vault's nor the hub's"),
    ],
)
def test_an_answer_that_is_not_vaults_is_never_taken_for_one(
    stranger: Stranger, answer: tuple[int, str], words: str
) -> None:
    stranger.answers["all"] = answer
    store = SecretStore()

    for operation in (
        store.list,
        lambda: store.get("k"),
        lambda: store.put("k", a="1"),
        lambda: store.update("k", a="1"),
    ):
        with pytest.raises(Unavailable, match=words):
            operation()


def test_a_refusal_that_nobody_foresaw_is_told_in_vaults_words(stranger: Stranger) -> None:
    stranger.answers["all"] = (400, '{"errors": ["check-and-set parameter required for this call"]}')

    with pytest.raises(
        SecretStoreError, match=r"refuses this request about 'k' \(400\): check-and-set parameter required"
    ):
        SecretStore().put("k", a="1")


def test_an_update_gives_up_when_the_secret_comes_and_goes(stranger: Stranger) -> None:
    stranger.answers |= {"PATCH": (404, ""), "POST": (400, CHANGED)}

    with pytest.raises(Conflict, match="'k' was made and deleted by others again and again"):
        SecretStore().update("k", a="1")
    assert stranger.asked == ["PATCH", "POST"] * 5


def test_a_server_without_tls_at_an_https_address_is_told(stranger: Stranger, notebook: Notebook) -> None:
    address = SecretStore().vault_addr.replace("http:", "https:")
    notebook.environment.setenv("VAULT_ADDR", address)

    with pytest.raises(Unavailable, match="does not speak TLS that this machine accepts"):
        SecretStore().list()
