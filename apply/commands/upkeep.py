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


@task(help=STATE | JSON | {"out": "the file to write (default: stack's name and time, in this folder)"})
def backup(_, spec="stack.yaml", state=None, out="", json=False):
    """Keep users, tokens and stack file in one file."""
    with user_errors():
        from apply import backup as keeping

        keeping.backup(spec, state, out, json)


@task(help=STATE | JSON | {"file": "what inv backup has written", "yes": "do not ask"})
def restore(_, file, spec="stack.yaml", state=None, yes=False, json=False):
    """Bring users and tokens back from a backup."""
    with user_errors():
        from apply import restore as bringing

        bringing.restore(spec, state, file, yes, json)


_UPGRADE = {
    "to": "version of the chart (kubernetes)",
    "rehearse": "only say what it would mean; exit with 3 when somebody would lose something",
    "accept": "go on where the rehearsal says so",
    "yes": "do not ask",
}


@task(help=STATE | JSON | _UPGRADE)
def upgrade(_, to="", spec="stack.yaml", state=None, rehearse=False, accept=False, yes=False, json=False):
    """Rehearse another version, back up, install it."""
    with user_errors():
        from apply import upgrade as upgrading

        upgrading.upgrade(spec, state, to, rehearse, accept=accept, yes=yes, as_json=json)


TASKS = (doctor, backup, restore, upgrade)
