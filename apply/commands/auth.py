"""`inv auth.*`: the stack's part of Keycloak."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import Collection, task

from apply.commands.flags import JSON, NAME, STATE
from apply.console import user_errors

_CHECK = {"check": "write nothing; exit with 3 when something differs"}


@task(name="apply", help=STATE | JSON | _CHECK)
def apply(_, spec="stack.yaml", state=None, json=False, check=False):
    """Keep the stack's part of Keycloak as declared."""
    with user_errors():
        from apply import login

        login.apply(spec, state, check, json)


@task(name="bootstrap", help=STATE | JSON)
def bootstrap(_, spec="stack.yaml", state=None, json=False):
    """Make the installer's account, as Keycloak's admin."""
    with user_errors():
        from apply import login

        login.bootstrap(spec, state, json)


@task(name="password", help=STATE | NAME)
def password(_, name, spec="stack.yaml", state=None):
    """Give a user of Keycloak a password for one sign-in."""
    with user_errors():
        from apply import login

        login.password(spec, state, name)


@task(name="show", help=STATE | JSON)
def show(_, spec="stack.yaml", state=None, json=False):
    """Show the stack's client in Keycloak, and what differs."""
    with user_errors():
        from apply import login

        login.show(spec, state, json)


@task(name="release", help=STATE | NAME | {"yes": "do not ask"})
def release(_, name, spec="stack.yaml", state=None, yes=False):
    """Give a name, home and secrets to the next account."""
    with user_errors():
        from apply import login

        login.release(spec, state, name, yes)


@task(name="rotate", help=STATE | JSON)
def rotate(_, spec="stack.yaml", state=None, json=False):
    """Give the hub's client another secret; sessions go on."""
    with user_errors():
        from apply import login

        login.rotate(spec, state, json)


COMMANDS = Collection("auth", apply, bootstrap, password, release, rotate, show)
