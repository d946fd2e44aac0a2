"""A machine's values in the artifacts: typed in JSON, escaped everywhere, kept from install to install."""

from pathlib import Path

import pytest

from apply import facts
from apply.state import FACTS, StateDirectory
from spec.load import parse
from spec.model import Stack


def stack(text: str = "") -> Stack:
    return parse(f"version: 1\ntarget: {{kind: local}}\n{text}", "stack.yaml")[0]


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state = StateDirectory(tmp_path / "state")
    state.ensure()
    return state


def test_numbers_and_lists_lose_their_quotes_in_json_and_texts_are_escaped() -> None:
    text = '{"port": "@{hub_port}", "paths": ["@{python_paths}"], "url": "x:@{hub_port}", "key": "@{hub_public_key}"}'
    values = {"hub_port": 81, "python_paths": ["/a", '/b"c'], "hub_public_key": "one\ntwo"}

    placed = facts.placed({"conf/a.json": text}, values)["conf/a.json"]

    assert placed == '{"port": 81, "paths": ["/a", "/b\\"c"], "url": "x:81", "key": "one\\ntwo"}'


def test_code_and_unknown_placeholders_are_left_alone() -> None:
    files = {"site/hub/a.py": "@{state}", "conf/a.toml": "@{not_known_yet}"}

    assert facts.placed(files, {"state": "/s"}) == files


def test_facts_are_made_once_and_kept(state: StateDirectory) -> None:
    assert facts.stale(stack(), state, ())
    first = facts.ensure(stack(), state, ())
    text = state.read(FACTS)
    second = facts.ensure(stack(), state, ())

    assert not facts.stale(stack(), state, ())
    assert (first, text) == (second, state.read(FACTS))
    assert len({first[f"{name}_port"] for name in ("public", "hub", "proxy_api", "vault", "vault_cluster")}) == 5


def test_no_secret_is_among_the_facts(state: StateDirectory) -> None:
    values = facts.ensure(stack(), state, ())

    for path in (state.path / "secrets").iterdir():
        assert path.read_text().strip() not in str(values) + str(state.read(FACTS))


def test_another_public_name_makes_another_certificate(state: StateDirectory) -> None:
    facts.ensure(stack("hub: {tls: self-signed}"), state, ())
    before = state.read("tls/public.pem")
    renamed = stack("hub: {tls: self-signed, host: lab.internal}")

    assert facts.stale(renamed, state, ())
    facts.ensure(renamed, state, ())

    assert state.read("tls/public.pem") != before


def test_a_certificate_near_its_end_is_renewed(state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    facts.ensure(stack(), state, ())
    assert not facts.stale(stack(), state, ())

    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    assert facts.stale(stack(), state, ())


@pytest.mark.parametrize(
    ("hub", "port", "url"),
    [
        ("{}", 8000, "http://127.0.0.1:8000/"),
        ("{host: localhost}", 80, "http://localhost/"),
        ("{tls: self-signed, host: lab.internal}", 443, "https://lab.internal/"),
        ("{tls: self-signed}", 8443, "https://127.0.0.1:8443/"),
    ],
)
def test_the_public_address_leaves_out_the_usual_port(hub: str, port: int, url: str) -> None:
    assert facts.public_url(stack(f"hub: {hub}"), port) == url


def test_a_port_that_somebody_else_took_is_replaced_unless_the_own_part_holds_it(state: StateDirectory) -> None:
    import socket

    held = facts.ensure(stack(), state, ())
    with socket.create_server(("127.0.0.1", held["hub_port"])):
        assert not facts.stale(stack(), state, ("hub",))
        assert facts.stale(stack(), state, ())

        assert facts.ensure(stack(), state, ())["hub_port"] != held["hub_port"]
