"""Programs: the documented example with a token of a command, tokens listed and ended, servers started and stopped."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.e2e.stack import ROOT, InstalledStack, Person, eventually

(EXAMPLE,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "tokens.md").read_text(), re.DOTALL)
WORD = re.compile(r"\S+\n")


@pytest.fixture(scope="module")
def program(stack: InstalledStack) -> str:
    """A user's token, as a script gets it."""
    done = stack.inv("token.get", "robot", "--expires", "1h", "--note", "of a test")
    assert WORD.fullmatch(done.stdout), "the token is all that is printed"
    assert done.stdout.strip() not in done.stderr
    assert "user robot is new" in done.stderr
    return done.stdout.strip()


def test_the_documented_program_runs_code_with_the_token_of_a_new_user(stack: InstalledStack, program: str) -> None:
    environment = {**os.environ, "HUB_URL": stack.url, "HUB_TOKEN": program, "HUB_USER": "robot", "NO_PROXY": "*"}

    done = subprocess.run(
        [sys.executable, "-"], input=EXAMPLE, env=environment, capture_output=True, text=True, check=False, timeout=120
    )

    assert (done.stdout, done.stderr) == ("45\n", "")


def test_tokens_of_programs_are_listed_and_those_of_sign_ins_marked(
    stack: InstalledStack, program: str, alice: Person
) -> None:
    assert alice.inside()

    plain = json.loads(stack.inv("token.list", "--json").stdout)
    whole = json.loads(stack.inv("token.list", "--all", "--json").stdout)
    shown = stack.inv("token.list", "--user", "robot").stdout

    assert [(one["user"], one["note"]) for one in plain] == [("robot", "of a test")]
    assert {one["kind"] for one in whole if one["user"] == "alice"} == {"server", "sign-in"}
    assert "of a test" in shown
    assert "access:servers!user=robot read:users!user=robot servers!user=robot" in shown
    assert program not in json.dumps(whole) + shown


def test_a_token_is_ended_by_its_number_and_what_is_gone_is_said(stack: InstalledStack) -> None:
    made = json.loads(stack.inv("token.get", "robot", "--scopes", "read:users!user", "--json").stdout)

    said = stack.inv("token.revoke", "ROBOT", made["id"]).stderr

    assert f"token {made['id']} of robot is gone (inv token.get by " in said
    again = stack.inv("token.revoke", "robot", made["id"], code=1).stderr
    assert again.startswith(f"robot has no token {made['id']}; nothing was changed\n  hint: inv token.list")
    assert "there is no user nobody" in stack.inv("token.revoke", "nobody", made["id"], code=1).stderr


def test_what_a_token_should_rather_not_have_is_asked_for_and_warned_of(stack: InstalledStack) -> None:
    endless = stack.inv("token.get", "robot", "--expires", "never")
    seed = stack.inv("token.get", "robot", "--scopes", "seed")
    wrong = stack.inv("token.get", "robot", "--expires", "soon", code=1)
    lacking = stack.inv("token.get", "robot", "--scopes", "admin:users", code=1)

    assert "warning: this token never ends by itself" in endless.stderr
    assert "warning: with this token more tokens can be made" in seed.stderr
    assert wrong.stderr == "--expires 'soon' is not a duration\n  hint: 30d, 12h, 45m, or never\n"
    assert "not held by User robot" in lacking.stderr
    assert WORD.fullmatch(endless.stdout)
    assert WORD.fullmatch(seed.stdout)
    assert wrong.stdout + lacking.stdout == ""


def test_a_name_that_nobody_can_have_makes_nobody(stack: InstalledStack) -> None:
    said = stack.inv("token.get", "a/b", code=1)

    assert said.stderr.startswith("'a/b' cannot be the name of a user here; nothing was changed")


def test_a_server_is_started_shown_and_stopped(stack: InstalledStack, program: str) -> None:
    assert stack.inv("server.stop", "robot").stderr.endswith("the server of robot does not run\n")

    started = stack.inv("server.start", "robot", "--profile", "minimal")

    assert started.stdout == f"{stack.url}/user/robot/\n"
    (row,) = json.loads(stack.inv("server.list", "--user", "robot", "--json").stdout)
    assert (row["state"], row["profile"], row["url"]) == ("ready", "minimal", f"{stack.url}/user/robot/")
    assert "robot" in stack.inv("server.list").stdout
    assert stack.inv("server.start", "robot").stdout == started.stdout
    assert "the server of robot has stopped" in stack.inv("server.stop", "robot").stderr
    assert json.loads(stack.inv("server.list", "--user", "robot", "--json").stdout) == []


def test_what_cannot_start_says_why_in_the_hubs_words(stack: InstalledStack, program: str) -> None:
    unknown = stack.inv("server.start", "robot", "--profile", "nothing", code=1)

    assert unknown.stdout == ""
    assert "starting the server of robot: " in unknown.stderr
    assert "'nothing'" in unknown.stderr
    assert "there is no user nobody" in stack.inv("server.start", "nobody", code=1).stderr


def test_the_service_gets_another_token_and_nothing_restarts(stack: InstalledStack) -> None:
    place, hub = stack.state / "secrets" / "admin-service-token", stack.pid("hub")
    former = place.read_text()
    cut = stack.start("token.rotate-service")
    eventually(lambda: place.read_text() != former, "another token is in its place")
    cut.kill()
    cut.communicate()
    begun = place.read_text()
    stack.inv("user.list")

    said = stack.inv("token.rotate-service")

    assert "going on with a change that was cut short" in said.stderr
    assert place.read_text() == begun != former
    assert not place.with_name("admin-service-token.next").exists()
    assert stack.inv("plan", "--check").stdout == "nothing to change\n"
    assert stack.pid("hub") == hub
    assert begun.strip() not in said.stdout + said.stderr + (stack.state / "log" / "hub.log").read_text()


def test_a_token_of_the_service_that_the_hub_does_not_know_has_its_own_message(stack: InstalledStack) -> None:
    place = stack.state / "secrets" / "admin-service-token"
    kept = place.read_text()
    place.write_text("0" * 64)
    try:
        said = stack.inv("token.list", code=5).stderr
    finally:
        place.write_text(kept)

    assert said.startswith("the hub does not take the token of its admin service: it was changed elsewhere, or lost\n")
