"""When servers, tokens and sign-ins end: what is told, what fits into what, and the picture of it."""

from typing import Any
from xml.etree import ElementTree

import pytest

from render.lifetimepicture import as_svg, in_terminal
from render.lifetimes import Life, Margin, lives, margins
from spec.load import parse
from spec.model import Stack
from spec.quantities import spelled
from tests.spec.stacks import make_stack

PROVIDER = """\
version: 1
name: lab
target: {kind: kubernetes, namespace: lab}
hub: {host: hub.lab.internal}
auth:
  kind: keycloak
  admin_groups: [admins]
  allowed_groups: [science]
  keycloak: {url: "https://sso.lab.internal", realm: lab, client_secret: "env:OIDC_SECRET"%s}
vault: {preset: buun-stack, address: "https://vault.lab.internal"}
"""


def provider(more: str = "") -> Stack:
    return parse(PROVIDER % more, "stack.yaml")[0]


def by_name(stack: Stack) -> dict[str, Life]:
    return {life.name: life for life in lives(stack)}


def test_each_life_is_that_of_its_key() -> None:
    found = by_name(provider(", session_max: 10d"))

    assert found["session"].seconds == 10 * 86400
    assert found["server, idle or not"].seconds == 6 * 86400 + 600
    assert (found["hub's token"].seconds, found["until the hub's token is renewed"].seconds) == (86400, 43200)
    assert found["revoked token at a server"].seconds == 30


def test_a_token_that_is_fetched_anew_has_no_end_for_its_server() -> None:
    name = "user's token, however often renewed"

    assert by_name(make_stack())[name].renewed
    assert not by_name(provider())[name].renewed


def test_what_is_switched_off_has_no_life() -> None:
    quiet = by_name(make_stack(culling={"enabled": False}, vault={"enabled": False}))

    assert set(quiet) == {"revoked token at a server", "sign-in at the hub"}


def test_margins_say_what_is_left() -> None:
    assert [margin.words for margin in margins(provider())] == [
        "a server ends 23h 50m before its token for secrets",
        "a server ends 23h 50m before its user's session",
        "a time without a question to the provider ends 23h 55m before an unused session",
    ]


def test_a_server_that_outlives_its_session_is_marked_in_both_pictures() -> None:
    stack = provider(", session_max: 6d")
    late = next(margin for margin in margins(stack) if margin.seconds < 0)

    assert late.words == (
        "a server outlives its user's session by 10m: a server without a sign-in gets no more secrets"
    )
    assert f"BAD {late.words}" in in_terminal(lives(stack), margins(stack), 100)
    assert "#d62728" in as_svg(lives(stack), margins(stack), "lab")
    assert "#d62728" not in as_svg(lives(provider()), margins(provider()), "lab")


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_the_time_line_fits_the_terminal(columns: int) -> None:
    drawn = in_terminal(lives(provider()), [], columns)

    assert max(map(len, drawn.splitlines())) <= max(columns, 80)
    assert "6d 10m" in drawn


def test_the_picture_is_well_formed_and_longer_lives_are_longer() -> None:
    odd = [Life("servers", "a < b & c", 60, "x"), Life("secrets", "long", 86400, "")]

    root = ElementTree.fromstring(as_svg(odd, [Margin("a", 60, "<b>", 86400, "")], "T & U"))

    bars = [line for line in root.iter("{http://www.w3.org/2000/svg}line") if line.get("stroke-width") == "9"]
    ends = [float(str(bar.get("x2"))) for bar in bars]
    assert ends == sorted(ends)
    assert "a < b & c" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(("seconds", "words"), [(0, "0s"), (59, "59s"), (8650 * 60, "6d 10m"), (90061, "1d 1h 1m 1s")])
def test_seconds_are_spelled(seconds: int, words: str) -> None:
    assert spelled(seconds) == words


def test_the_command_writes_a_picture_and_prints_the_same_for_programs(tmp_path: Any, capsys: Any) -> None:
    import json

    from apply import lifetimes

    file = tmp_path / "stack.yaml"
    file.write_text(PROVIDER % "")

    lifetimes.show(str(file), str(tmp_path / "lives.svg"), True)

    assert ElementTree.parse(tmp_path / "lives.svg").getroot().tag.endswith("svg")
    told = json.loads(capsys.readouterr().out)
    assert {life["name"] for life in told["lives"]} == set(by_name(provider()))
    assert len(told["margins"]) == 3
