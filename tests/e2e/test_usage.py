"""`inv usage` on a stack as it is used: what runs, what ran, what it takes."""

import csv
import io
import json
from typing import Any

import pytest

from tests.e2e.stack import InstalledStack, Person, eventually


@pytest.fixture(scope="module")
def ursula(stack: InstalledStack) -> Person:
    """Has run a server, and runs another one with a file of 3 MB in its home."""
    ursula = stack.person("ursula")
    ursula.spawn()
    # It answers its user some time before the hub has seen its route.
    eventually(lambda: stack.ask_hub("users/ursula").json()["servers"][""]["ready"], "the start has ended")
    assert stack.ask_hub("users/ursula/server", "DELETE").status_code in (202, 204)
    eventually(lambda: not stack.ask_hub("users/ursula").json()["servers"], "the server has stopped")
    ursula.spawn()
    ursula.run("import os; open('data', 'wb').write(os.urandom(3_000_000))")
    eventually(lambda: stack.ask_hub("users/ursula").json()["servers"][""]["ready"], "the start has ended")
    return ursula


def usage(stack: InstalledStack, name: str, *words: str) -> dict[str, Any]:
    report = json.loads(stack.inv("usage", "--json", *words).stdout)
    (row,) = [row for row in report["users"] if row["user"] == name]
    return {**row, "report": report}


def test_hours_home_and_load_of_a_user_are_told(stack: InstalledStack, ursula: Person) -> None:
    row = usage(stack, "ursula")

    assert (row["servers"], row["runs"], row["culled"], row["gpu_hours"]) == ([""], 2, 0, 0)
    assert row["profiles"].keys() == {"minimal"}
    assert 0 < row["hours"] < 0.5
    assert row["home_used_bytes"] > 3_000_000
    assert row["home_capacity_bytes"] is None
    assert row["memory_bytes"] > 10_000_000
    assert row["last_activity"]
    assert row["report"]["noted_since"]


def test_tokens_are_counted_as_the_list_of_tokens_shows_them(stack: InstalledStack, ursula: Person) -> None:
    before = usage(stack, "ursula")["tokens"]
    stack.inv("token.get", "ursula", "--expires", "1h")
    listed = json.loads(stack.inv("token.list", "--user", "ursula", "--json").stdout)

    assert usage(stack, "ursula")["tokens"] == len(listed) == before + 1


def test_what_is_printed_is_for_readers_and_for_spreadsheets(stack: InstalledStack, ursula: Person) -> None:
    table = stack.inv("usage", "--since", "12h")
    rows = list(csv.DictReader(io.StringIO(stack.inv("usage", "--csv").stdout)))

    assert table.stdout.splitlines()[0].split()[0] == "USER"
    assert "runs are noted since" in table.stderr
    (row,) = [row for row in rows if row["user"] == "ursula"]
    assert (row["servers"], row["runs"]) == ("1", "2")


@pytest.mark.parametrize("words", [("--since", "soon"), ("--json", "--csv")])
def test_what_cannot_be_meant_is_refused_with_words(stack: InstalledStack, words: tuple[str, ...]) -> None:
    assert "hint:" in stack.inv("usage", *words, code=1).stderr
