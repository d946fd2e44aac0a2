"""`inv server.*`: users' servers."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import Collection, task

from apply.commands.flags import JSON, STATE, USER
from apply.console import user_errors

_NAME = {"name": "of one of several servers"}


@task(name="start", help=STATE | JSON | USER | _NAME | {"profile": "its slug; without it the default"})
def start(_, user, profile="", name="", spec="stack.yaml", state=None, json=False):
    """Start a user's server and print its address."""
    with user_errors():
        from apply import servers

        servers.start(spec, state, user, name, profile, json)


@task(name="stop", help=STATE | USER | _NAME)
def stop(_, user, name="", spec="stack.yaml", state=None):
    """Stop a user's server and wait until it is gone."""
    with user_errors():
        from apply import servers

        servers.stop(spec, state, user, name)


@task(name="list", help=STATE | JSON | {"user": "whose; without it everybody's"})
def list_(_, user="", spec="stack.yaml", state=None, json=False):
    """Show servers that run."""
    with user_errors():
        from apply import servers

        servers.show(spec, state, user, json)


COMMANDS = Collection("server", list_, start, stop)
