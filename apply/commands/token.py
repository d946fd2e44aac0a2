"""`inv token.*`: tokens with which programs act for a user."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import Collection, task

from apply.commands.flags import JSON, STATE, USER
from apply.console import user_errors

_GET = {
    "expires": "its life: 30d, 12h, or never",
    "scopes": "its rights, separated by commas; seed for those of buun-stack",
    "note": "what it is for",
}


@task(name="get", help=STATE | USER | JSON | _GET)
def get(_, user, expires="30d", scopes="", note="", spec="stack.yaml", state=None, json=False):
    """Print a new token of a user, for a program."""
    with user_errors():
        from apply import tokens

        tokens.get(spec, state, user, expires, scopes, note, json)


@task(name="list", help=STATE | JSON | {"user": "whose; without it everybody's", "all": "of sign-ins and servers too"})
def list_(_, user="", all=False, spec="stack.yaml", state=None, json=False):
    """Show tokens: whose, what for, until when."""
    with user_errors():
        from apply import tokens

        tokens.show(spec, state, user, all, json)


@task(name="revoke", positional=["user", "id"], help=STATE | USER | {"id": "of the token, see token.list"})
def revoke(_, user, id, spec="stack.yaml", state=None):
    """End one token of a user."""
    with user_errors():
        from apply import tokens

        tokens.revoke(spec, state, user, id)


@task(name="rotate-service", help=STATE | JSON)
def rotate_service(_, spec="stack.yaml", state=None, json=False):
    """Give the admin service another token, without a pause."""
    with user_errors():
        from apply import servicerotation

        servicerotation.rotate(spec, state, json)


COMMANDS = Collection("token", get, list_, revoke, rotate_service)
