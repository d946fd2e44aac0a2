"""`inv user.*`: users who sign in with a password."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import Collection, task

from apply.commands.flags import JSON, NAME, STATE
from apply.console import user_errors


@task(name="add", help=STATE | NAME | {"admin": "may administer", "generate": "make a password and print it"})
def add(_, name, spec="stack.yaml", state=None, admin=False, generate=False):
    """Add a user who signs in with a password."""
    with user_errors():
        from apply import users

        users.add(spec, state, name, admin, generate)


@task(name="list", help=STATE | JSON)
def list_(_, spec="stack.yaml", state=None, json=False):
    """Show who can sign in with a password."""
    with user_errors():
        from apply import users

        users.show(spec, state, json)


@task(name="passwd", help=STATE | NAME | {"generate": "make a password and print it"})
def passwd(_, name, spec="stack.yaml", state=None, generate=False):
    """Give a user a new password."""
    with user_errors():
        from apply import users

        users.passwd(spec, state, name, generate)


@task(name="remove", help=STATE | NAME | {"yes": "do not ask"})
def remove(_, name, spec="stack.yaml", state=None, yes=False):
    """Remove a user; home and secrets stay."""
    with user_errors():
        from apply import users

        users.remove(spec, state, name, yes)


COMMANDS = Collection("user", add, list_, passwd, remove)
