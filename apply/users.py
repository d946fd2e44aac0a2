"""Users who sign in with a password (`auth.kind: native`): add, list, remove, new password."""

import contextlib
from collections.abc import Iterator

from apply import console
from apply.hubapi import HubApi
from apply.passwords import new_password
from apply.target import Target, target
from spec.errors import StackError


def add(spec: str, state: str | None, name: str, admin: bool, generate: bool) -> None:
    """Add a user; a generated password is the one line of standard output."""
    found = _native(spec, state)
    with found.hub() as hub:
        password = _password(name, generate)
        hub.add_account(name, password, admin)
    console.say(f"{name} can sign in" + (" and administer" if admin else ""))
    if told := found.give_secrets(name):
        console.say(told)
    if generate:
        console.result(password)


def passwd(spec: str, state: str | None, name: str, generate: bool) -> None:
    """Give a user a new password."""
    with _hub(spec, state) as hub:
        password = _password(name, generate)
        hub.set_password(name, password)
    console.say(f"the password of {name} is changed")
    if generate:
        console.result(password)


def show(spec: str, state: str | None, as_json: bool) -> None:
    """Print who can sign in."""
    with _hub(spec, state) as hub:
        accounts = hub.accounts()
    if as_json:
        console.result_json(accounts)
        return
    rows = [
        (str(account["name"]), "admin" if account["admin"] else "", str(account["last_activity"] or "never"))
        for account in accounts
    ]
    console.result(console.table(("NAME", "ROLE", "LAST ACTIVE"), rows))


def remove(spec: str, state: str | None, name: str, yes: bool) -> None:
    """Remove a user; home and secrets stay and their places are named."""
    if not yes:
        console.confirm(f"Remove {name}?", otherwise=f"inv user.remove {name} --yes")
    with _hub(spec, state) as hub:
        hub.remove_account(name)
    console.say(f"{name} cannot sign in any more; the home and the secrets stay")


@contextlib.contextmanager
def _hub(spec: str, state: str | None) -> Iterator[HubApi]:
    with _native(spec, state).hub() as hub:
        yield hub


def _native(spec: str, state: str | None) -> Target:
    found = target(spec, state)
    if found.stack.auth.kind != "native":
        raise StackError(
            f"users of this stack do not sign in with a password of its own (auth.kind is {found.stack.auth.kind})",
            hint="set auth.kind: native",
        )
    return found


def _password(name: str, generate: bool) -> str:
    if generate:
        return new_password()
    password = console.ask_password(f"New password of {name}")
    if not password:
        raise StackError("no password was given", hint="type it, pipe it in, or use --generate")
    return password
