"""`python -m buunstack` in a terminal: results on standard output, talk on standard error, no traceback."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from buunstack import SecretStore
from tests.buunstack.conftest import Notebook

COMMAND = [sys.executable, "-m", "buunstack"]
HIDDEN = "hunter-two"


def run(*arguments: str, value: str | bytes = b"") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    sent = value.encode() if isinstance(value, str) else value
    ran = subprocess.run([*COMMAND, *arguments], input=sent, capture_output=True, check=False, timeout=60)
    out, err = ran.stdout.decode(), ran.stderr.decode()
    assert "Traceback" not in err
    return ran.returncode, out, err


def test_a_value_is_stored_from_standard_input_and_printed_alone(store: SecretStore) -> None:
    stored = run("put", "api-keys", "openai", value=f"{HIDDEN}\n")

    assert stored == (0, "", "stored field 'openai' of secret 'api-keys'\n")
    assert store.get("api-keys") == {"openai": HIDDEN}
    assert run("get", "api-keys", "openai") == (0, f"{HIDDEN}\n", "")


def test_putting_a_field_leaves_the_others(store: SecretStore) -> None:
    store.put("k", a="1")
    run("put", "k", "b", value="2")

    assert store.get("k") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("sent", "stored"), [("x", "x"), ("x\n\n", "x\n"), ("x\r\n", "x"), ("a\nb\n", "a\nb"), (" 日本 ", " 日本 ")]
)
def test_only_the_final_newline_of_a_value_is_dropped(store: SecretStore, sent: str, stored: str) -> None:
    run("put", "k", "a", value=sent)

    assert store.get("k", "a") == stored


def test_a_text_file_comes_back_as_it_went_in(store: SecretStore) -> None:
    run("put", "k", "pem", value="one\ntwo\n")

    assert run("get", "k", "pem")[1] == "one\ntwo\n"


def test_without_a_field_all_are_printed_as_json(store: SecretStore) -> None:
    store.put("k", a="1", b="é\n")

    assert json.loads(run("get", "k")[1]) == {"a": "1", "b": "é\n"}


def test_an_older_version_is_printed(store: SecretStore) -> None:
    store.put("k", a="old")
    store.put("k", a="new")

    assert run("get", "k", "a", "--version", "1")[:2] == (0, "old\n")
    assert json.loads(run("get", "k", "--version", "1")[1]) == {"a": "old"}
    assert run("get", "k", "a", "--version", "9")[0] == 3
    assert run("get", "k", "a", "--version", "0")[0] == 2


def test_names_are_listed_one_a_line(store: SecretStore) -> None:
    assert run("list") == (0, "", "")
    for name in ("b", "a", "team/db"):
        store.put(name, x="1")

    assert run("list") == (0, "a\nb\nteam/\n", "")
    assert run("list", "team") == run("list", "team/") == (0, "db\n", "")


def test_a_field_or_a_secret_is_deleted(store: SecretStore) -> None:
    store.put("k", a="1", b="2")

    assert run("delete", "k", "a") == (0, "", "deleted field 'a' of secret 'k'\n")
    assert store.get("k") == {"b": "2"}
    assert run("delete", "k") == (0, "", "deleted secret 'k'\n")
    assert store.list() == []


def test_the_history_has_a_row_for_each_version(store: SecretStore, notebook: Notebook) -> None:
    for value in "abcd":
        store.put("k", a=value)
    store.delete("k", version=3)
    notebook.bao.ok("POST", f"secret/destroy/{notebook.home}/k", body={"versions": [1]})
    code, out, _ = run("history", "k")
    rows = [line.split("\t") for line in out.splitlines()]

    assert code == 0
    assert [(row[0], row[2]) for row in rows] == [
        *(("4", "readable"), ("3", "deleted")),
        *(("2", "readable"), ("1", "destroyed")),
    ]
    assert datetime.now(UTC) - datetime.fromisoformat(rows[0][1]) < timedelta(minutes=1)


def test_a_version_with_a_time_to_live_is_readable_until_then(store: SecretStore, notebook: Notebook) -> None:
    notebook.bao.ok("POST", f"secret/metadata/{notebook.home}/k", body={"delete_version_after": "1h"})
    store.put("k", a="1")

    assert run("history", "k")[1].endswith("\treadable\n")


def test_shared_secrets_are_read(store: SecretStore, notebook: Notebook) -> None:
    notebook.bao.ok("POST", "secret/data/jupyter/shared/terminal", body={"data": {"a": "1"}})

    assert run("get", "--shared", "terminal", "a")[1] == "1\n"
    assert "terminal\n" in run("list", "--shared")[1]
    assert run("history", "terminal", "--shared")[1].startswith("1\t")
    notebook.bao.ok("DELETE", "secret/metadata/jupyter/shared/terminal")


def test_with_json_every_result_is_json(store: SecretStore) -> None:
    def result(*arguments: str) -> object:
        return json.loads(run(*arguments, "--json", value="1\n")[1])

    assert result("put", "k", "a") == {"name": "k", "field": "a"}
    assert result("get", "k", "a") == "1"
    assert result("get", "k") == {"a": "1"}
    assert result("list") == ["k"]
    [entry] = result("history", "k")  # type: ignore[misc]
    assert datetime.fromisoformat(entry.pop("created")) < datetime.now(UTC)
    assert entry == {"version": 1, "deleted": None, "destroyed": False}
    assert result("delete", "k") == {"name": "k", "field": None}


def test_what_another_program_stored_that_is_no_text_is_printed_as_json(store: SecretStore, notebook: Notebook) -> None:
    fields = {"number": 5, "flags": {"on": True}}
    notebook.bao.ok("POST", f"secret/data/{notebook.home}/k", body={"data": fields})

    assert run("get", "k", "number")[1] == "5\n"
    assert json.loads(run("get", "k", "flags")[1]) == {"on": True}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["get", "nope"], 3, "The secret 'nope' does not exist."),
        (["get", "k", "nope"], 3, "The secret 'k' has no field 'nope'."),
        (["delete", "nope"], 3, "There is no secret 'nope'."),
        (["history", "nope"], 3, "There is no secret 'nope'."),
        (["get", "../bob"], 2, "has a part that is `.` or `..`"),
        (["put", "k", "a"], 2, "No value was given. Nothing was stored."),
        (["get", "k", "a", "surplus"], 2, "There are arguments that this command does not have; see --help."),
        (["get", "k", "--vers", "1"], 2, "There are arguments that this command does not have"),
        (["get", "k", "--version", "one"], 2, "argument --version: invalid int value: 'one'"),
        (["get"], 2, "the following arguments are required: NAME"),
        (["nonsense"], 2, "invalid choice: 'nonsense'"),
        ([], 2, "the following arguments are required: COMMAND"),
    ],
)
def test_a_mistake_is_a_sentence_and_an_exit_code(
    store: SecretStore, arguments: list[str], code: int, words: str
) -> None:
    store.put("k", a=HIDDEN)
    ended, out, err = run(*arguments)

    assert (ended, out) == (code, "")
    assert words in err
    assert HIDDEN not in err


def test_a_name_that_is_no_utf8_is_refused(store: SecretStore) -> None:
    ran = subprocess.run([*COMMAND, "get", b"\xff"], capture_output=True, check=False)

    assert ran.returncode == 2
    assert b"half of a character" in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_the_policys_refusal_and_a_missing_token_are_not_allowed(notebook: Notebook) -> None:
    assert run("list")[0] == 4
    notebook.deliver()
    notebook.environment.setenv("BUUNSTACK_SECRETS_HOME", "jupyter/users/somebody")

    code, _, err = run("list")
    assert code == 4
    assert "valid but may not do this" in err


def test_a_vault_that_cannot_be_reached_is_told(store: SecretStore, notebook: Notebook) -> None:
    notebook.environment.setenv("VAULT_ADDR", "https://127.0.0.1:9")

    code, _, err = run("list")
    assert code == 5
    assert "cannot be reached" in err


def test_a_wrong_setting_is_told(store: SecretStore, notebook: Notebook) -> None:
    notebook.environment.setenv("VAULT_ADDR", "vault:8200")

    assert run("list")[0] == 2


@pytest.mark.parametrize("surplus", [HIDDEN, f"--{HIDDEN}"])
def test_a_value_on_the_command_line_is_refused_and_not_repeated(store: SecretStore, surplus: str) -> None:
    code, out, err = run("put", "k", "a", surplus, value="1")

    assert (code, out) == (2, "")
    assert "never from the command line" in err
    assert HIDDEN not in err
    assert store.list() == []


def test_a_value_that_is_no_text_is_refused_and_not_shown(store: SecretStore) -> None:
    code, _, err = run("put", "k", "a", value=HIDDEN.encode() + b"\xff")

    assert code == 2
    assert "it is no text in UTF-8" in err
    assert HIDDEN not in err
    assert store.list() == []


def test_the_help_tells_the_exit_codes() -> None:
    code, out, _ = run("--help")

    assert code == 0
    assert "3 no such secret, field or version" in out
