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


@task(help=STATE | JSON | {"since": "the period: 30d, 12h", "csv": "print CSV"})
def usage(_, spec="stack.yaml", state=None, since="30d", json=False, csv=False):
    """Show what each user has used, and takes now."""
    with user_errors():
        from apply import usage as report

        report.show(spec, state, since, json, csv)


TASKS = (doctor, usage)
