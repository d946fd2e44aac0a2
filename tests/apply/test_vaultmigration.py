"""Users' secrets move from plain paths: nothing is lost, replaced or shown, however often it is done."""

import contextlib
import dataclasses
import itertools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from apply.vault import Vault
from apply.vaultmigration import COPIED, DELETED, DIFFERS, DONE, FAILED, GONE, REFUSED, WAITS, Moved, moves
from render.vault import VaultLayout, encoded_home, migration_policy
from spec.errors import StackError
from tests.openbao import OpenBao
from tests.vault_lab import notebook_token, prepare

LAYOUT = VaultLayout("moved", mount="moved", root="moved")
OLD, NEW = "moved/data/moved/users", "moved/data/moved/users/moved."
SECRETS = {
    "alice/db": {"user": "a", "password": "p\n1 ü"},
    "alice/team/api keys/ci": {"token": "t"},
    "a+b@x.org/100% é": {"k": "v"},
    "Zoe/k": {"k": "of Zoe"},
    "zoe/k": {"k": "of zoe"},
}


def said(_: str) -> None:
    """Nobody listens."""


@pytest.fixture
def old(openbao: OpenBao) -> OpenBao:
    """A server with secrets at plain paths."""
    openbao.call("DELETE", "sys/mounts/moved")
    prepare(openbao, layout=LAYOUT)
    for path, content in SECRETS.items():
        put(openbao, f"{OLD}/{path}", content)
    return openbao


def put(bao: OpenBao, path: str, content: Any) -> None:
    bao.ok("POST", quote(path), body={"data": content})


def mover(bao: OpenBao, policy: str | None = None) -> Vault:
    """Who may do what the documented policy says."""
    bao.ok("PUT", "sys/policies/acl/mover", body={"policy": policy or migration_policy(LAYOUT)})
    body = {"policies": ["mover"], "no_default_policy": True}
    vault = Vault(bao.address, bao.ca)
    vault.use(bao.ok("POST", "auth/token/create", body=body)["auth"]["client_token"])
    return vault


def moved(bao: OpenBao, write: bool = True, policy: str | None = None) -> dict[str, str]:
    """State of each secret after a move."""
    with mover(bao, policy) as vault:
        return {f"{one.user}/{one.secret}": one.state for one in moves(vault, LAYOUT, write=write, tell=said)}


def at_new(bao: OpenBao, path: str) -> Any:
    user, _, key = path.partition("/")
    status, answer = bao.call("GET", quote(f"moved/data/{encoded_home(LAYOUT, user)}/{key}"))
    return answer["data"]["data"] if status == 200 else None


def test_every_secret_is_at_its_users_new_place_and_still_at_the_old_one(old: OpenBao) -> None:
    assert moved(old) == dict.fromkeys(SECRETS, COPIED)

    for path, content in SECRETS.items():
        assert at_new(old, path) == content
        assert old.ok("GET", quote(f"{OLD}/{path}"))["data"]["data"] == content


def test_a_notebook_of_today_reads_them_and_no_others(old: OpenBao) -> None:
    moved(old)
    token = notebook_token(old, "=5aoe", stack="moved")["client_token"]

    assert old.ok("GET", f"{NEW}=5aoe/k", token)["data"]["data"] == {"k": "of Zoe"}
    assert old.call("GET", f"{NEW}zoe/k", token)[0] == 403
    assert old.call("GET", f"{OLD}/Zoe/k", token)[0] == 403


def test_a_second_move_changes_nothing_and_a_later_one_takes_what_is_new(old: OpenBao) -> None:
    moved(old)
    put(old, f"{OLD}/alice/later", {"k": "v"})

    again = moved(old)

    assert again.pop("alice/later") == COPIED
    assert set(again.values()) == {DONE}


def test_a_look_beforehand_writes_nothing(old: OpenBao) -> None:
    assert moved(old, write=False) == dict.fromkeys(SECRETS, WAITS)
    assert [at_new(old, path) for path in SECRETS] == [None] * len(SECRETS)


def test_what_a_user_has_changed_or_deleted_at_the_new_place_stays_so(old: OpenBao) -> None:
    moved(old)
    put(old, f"{NEW}alice/db", {"password": "newer"})
    old.ok("DELETE", f"{NEW}zoe/k")

    again = moved(old)

    assert (again["alice/db"], again["zoe/k"]) == (DIFFERS, GONE)
    assert at_new(old, "alice/db") == {"password": "newer"}
    assert at_new(old, "zoe/k") is None


def test_a_deleted_secret_does_not_come_to_life_again(old: OpenBao) -> None:
    old.ok("DELETE", f"{OLD}/alice/db")

    assert moved(old)["alice/db"] == DELETED
    assert at_new(old, "alice/db") is None


def test_what_was_set_for_a_secret_moves_with_it(old: OpenBao) -> None:
    about = {"custom_metadata": {"owner": "team"}, "max_versions": 3}
    old.ok("POST", "moved/metadata/moved/users/alice/db", body=about)

    moved(old)

    found = old.ok("GET", "moved/metadata/moved/users/moved.alice/db")["data"]
    assert {name: found[name] for name in about} == about


@pytest.mark.parametrize("name", ["+", "*", "bob*", "x" * 129])
def test_a_folder_that_is_nobodys_is_named_and_left(old: OpenBao, name: str) -> None:
    put(old, f"{OLD}/{name}/k", {"k": "v"})

    found = moved(old)

    assert found.pop(f"{name}/") == REFUSED
    assert set(found.values()) == {COPIED}


def test_a_users_secrets_that_cannot_be_seen_do_not_stop_the_others(old: OpenBao) -> None:
    hidden = migration_policy(LAYOUT) + 'path "moved/data/moved/users/zoe/*" { capabilities = ["deny"] }\n'

    found = moved(old, policy=hidden)

    assert found.pop("zoe/k") == FAILED
    assert set(found.values()) == {COPIED}
    assert moved(old)["zoe/k"] == COPIED


def test_a_move_that_is_cut_short_is_gone_on_with(old: OpenBao) -> None:
    class Cut(BaseException):
        """As a kill does it, between two steps."""

    for after in range(1, 9):
        with mover(old) as vault, contextlib.suppress(Cut):
            vault.write = cutting(vault.write, after, Cut)  # type: ignore[method-assign]
            moves(vault, LAYOUT, write=True, tell=said)

    assert set(moved(old).values()) == {DONE}
    assert [at_new(old, path) for path in SECRETS] == list(SECRETS.values())


def cutting(write: Callable[..., None], after: int, cut: type[BaseException]) -> Callable[..., None]:
    """Writes some times and then ends everything."""
    left = itertools.count(after - 1, -1)

    def or_cut(path: str, body: dict[str, Any]) -> None:
        if next(left) <= 0:
            raise cut
        write(path, body)

    return or_cut


def test_two_who_move_at_once_lose_nothing(old: OpenBao) -> None:
    for number in range(40):
        put(old, f"{OLD}/many/k{number}", {"k": str(number)})
    with mover(old) as one, mover(old) as two:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda vault: moves(vault, LAYOUT, write=True, tell=said), (one, two)))

    assert {found.state for side in both for found in side} <= {COPIED, DONE}
    assert [at_new(old, f"many/k{number}") for number in range(40)] == [{"k": str(number)} for number in range(40)]


def test_each_right_of_the_documented_policy_is_needed(old: OpenBao) -> None:
    old.ok("POST", "moved/metadata/moved/users/alice/db", body={"max_versions": 3})
    whole = migration_policy(LAYOUT)
    for block in whole.split("path ")[1:]:
        listed = block.partition("capabilities = [")[2].partition("]")[0]
        for right in listed.split(", "):
            rest = ", ".join(one for one in listed.split(", ") if one != right) or '"deny"'
            smaller = whole.replace(f"path {block}", f"path {block}".replace(listed, rest))
            assert not works(old, smaller), f"without {right} on {block}"
    assert works(old, whole)


def works(bao: OpenBao, policy: str) -> bool:
    """Whether a first and a second move come to their ends."""
    for path in (*SECRETS, "alice/again"):
        user, _, key = path.partition("/")
        bao.call("DELETE", quote(f"moved/metadata/{encoded_home(LAYOUT, user)}/{key}"))
    try:
        first = moved(bao, policy=policy)
        second = moved(bao, policy=policy)
    except StackError:
        return False
    return set(first.values()) == {COPIED} and set(second.values()) == {DONE}


def test_nothing_of_a_value_is_in_what_is_told(old: OpenBao) -> None:
    put(old, f"{NEW}alice/db", {"password": "the-new-value"})
    with mover(old) as vault:
        found = moves(vault, LAYOUT, write=True, tell=said)

    shown = json.dumps([dataclasses.asdict(one) for one in found]) + repr(found)
    assert Moved("alice", "db", DIFFERS) in found
    assert "the-new-value" not in shown
    assert "p\\n1" not in shown
