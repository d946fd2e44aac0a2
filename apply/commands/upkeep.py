"""Commands that look after a stack that runs."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import task

from apply.commands.flags import JSON, STATE
from apply.console import user_errors


@task(help=STATE | JSON | {"only": "one part: login"})
def doctor(_, spec="stack.yaml", state=None, json=False, only=""):
    """Find what is wrong, and say what repairs it."""
    with user_errors():
        from apply import doctor as examination

        examination.examine(spec, state, only, json)


@task(help=STATE | JSON | {"check": "exit with 3 when anything differs"})
def drift(_, spec="stack.yaml", state=None, json=False, check=False):
    """Show what was changed by hand since the install."""
    with user_errors():
        from apply import drift as comparison

        comparison.show(spec, state, check, json)


TASKS = (doctor, drift)
