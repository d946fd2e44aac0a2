"""What the checks of an endpoint say of doors that are open, broken or missing: a server that answers as it is told."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from apply.hubapi import HubApi
from apply.mcpchecks import FAILED, OK, SKIPPED, UNSAFE, Check, Seen, checks
from apply.mcpclients import server_endpoint
from apply.reach import Reach

ROOT = Path(__file__).parent.parent.parent
MISSING = ("it is not in the image", "another image")
OWN, STRANGE = "of ada", "of a stranger"
Door = Callable[[str], int]
"""The header with a token, or nothing -> how the endpoint answers."""


class Place:
    """A hub with one user, her server, and all that was asked of them."""

    def __init__(self, door: Door, server: str = "ready", strangers: int = 201) -> None:
        self.door, self.server, self.strangers = door, server, strangers
        self.asked: list[tuple[str, str]] = []

    def answer(self, method: str, path: str, token: str) -> tuple[int, object]:
        self.asked.append((method, path))
        place = path.removeprefix("/hub/api/").partition("?")[0]
        if path == "/user/ada/mcp":
            return self.door(token), {}
        if place == "users/ada":
            state = {"ready": self.server == "ready", "pending": self.server}
            return 200, {"name": "ada", "servers": {"": state} if self.server != "stopped" else {}}
        if method == "POST" and place.endswith("/tokens"):
            return 201, {"id": "t1", "token": OWN if place == "users/ada/tokens" else STRANGE}
        if method == "POST" and place.startswith("users/mcp-check-"):
            return self.strangers, {"message": "no such names here"}
        return 200, [] if place == "users" else {}

    def ended(self) -> list[str]:
        """What was revoked and removed, with the chance part of a name left out."""
        return sorted({path.split("/hub/api/")[1][:16] for method, path in self.asked if method == "DELETE"})


@contextmanager
def reached(place: Place) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = (self.headers.get("Authorization") or "").removeprefix("token ")
            status, content = place.answer(self.command, self.path, token)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = respond

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def found(place: Place, **reach: object) -> dict[str, Check]:
    with reached(place) as url:
        way = Reach(url, **reach)  # type: ignore[arg-type]
        endpoint = server_endpoint("https://hub.lab.internal", "ada")
        seen = Seen(HubApi(f"{url}hub/api", "admin"), way, "ada", endpoint, lambda: MISSING)
        return {check.name: check for check in checks(seen, lambda _: None)}


@pytest.mark.parametrize(
    ("name", "door", "who"),
    [
        ("no token", lambda token: 403 if token else 200, "anybody who reaches the server"),
        ("wrong token", lambda token: 200 if token == "wrong" else 403, "anybody who sends some token"),
        ("other user", lambda token: 200 if token == STRANGE else 403, "every user of the hub"),
    ],
)
def test_a_door_that_is_open_is_said_to_be_unsafe_and_for_whom(name: str, door: Door, who: str) -> None:
    check = found(Place(door))[name]

    assert check.state == UNSAFE
    assert f"ANSWERED (initialize, tools/list): {who} can run code as ada" in check.words
    assert "stop the server of ada now" in check.hint


def test_a_missing_extension_is_told_with_its_cause_and_nothing_else_is_tried() -> None:
    place = Place(lambda _: 404)

    seen = found(place)

    assert (seen["endpoint"].state, seen["endpoint"].hint) == (FAILED, MISSING[1])
    assert MISSING[0] in seen["endpoint"].words
    assert "no token" not in seen
    assert place.ended() == ["users/ada/tokens"]


def test_an_answer_that_is_no_refusal_is_not_taken_for_one() -> None:
    seen = found(Place(lambda _: 502))

    assert "answers 502 to the user's own token" in seen["endpoint"].words
    assert (seen["no token"].state, seen["no token"].words) == (FAILED, "answers 502, not 403")


def test_every_token_and_the_stranger_end_with_the_checks() -> None:
    place = Place(lambda _: 403)

    assert found(place)["other user"].state == OK
    assert place.ended() == ["users/ada/tokens", "users/mcp-check-"]


def test_they_end_also_when_somebody_interrupts() -> None:
    place = Place(lambda _: 403)
    with reached(place) as url:
        endpoint = server_endpoint("https://hub.lab.internal", "ada")
        seen = Seen(HubApi(f"{url}hub/api", "admin"), Reach(url), "ada", endpoint, lambda: MISSING)
        running = checks(seen, lambda _: None)
        while next(running).name != "wrong token":
            pass

        with pytest.raises(KeyboardInterrupt):
            running.throw(KeyboardInterrupt)

    assert place.ended() == ["users/ada/tokens"]


def test_a_hub_that_makes_no_stranger_is_told_and_hides_nothing_else() -> None:
    seen = found(Place(lambda _: 403, strangers=400))

    assert seen["other user"].state == SKIPPED
    assert "no such names here" in seen["other user"].words
    assert seen["wrong token"].state == OK


@pytest.mark.parametrize(("server", "words"), [("stopped", "does not run"), ("spawn", "is not ready (spawn)")])
def test_a_server_that_does_not_run_ends_the_checks_before_a_token_is_made(server: str, words: str) -> None:
    place = Place(lambda _: 200, server)

    seen = found(place)

    assert (seen["server"].words, seen["server"].absent) == (words, True)
    assert not [path for method, path in place.asked if method == "POST"]


def test_an_address_that_should_answer_and_does_not_is_told_and_the_rest_is_looked_at_all_the_same() -> None:
    seen = found(Place(lambda _: 403), note="it does not answer", broken=True)

    assert (seen["address"].state, seen["address"].absent) == (FAILED, True)
    assert seen["no token"].state == OK


def test_the_mcp_client_is_loaded_only_when_it_is_run() -> None:
    """It takes longer to load than most commands run."""
    code = (
        "import sys, tasks, apply.mcpstatus, apply.mcpsetup; sys.exit('mcp' in sys.modules or 'httpx2' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
