"""Commands that look after a stack that runs."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import task

from apply.commands.flags import JSON, SPEC, STATE
from apply.console import user_errors

_DOCTOR = {
    "only": "one part, such as hub, secrets or login",
    "fix": "put right what is safe, and say it before",
    "least_free": "of the disk, before it counts as full",
}


@task(help=STATE | JSON | _DOCTOR)
def doctor(_, spec="stack.yaml", state=None, json=False, only="", fix=False, least_free="1Gi"):
    """Find what is wrong, and say what repairs it."""
    with user_errors():
        from apply import doctor as examination

        request = examination.Request(only, fix, least_free)
        examination.examine(spec, state, request, json)


_BUNDLE = {"out": "the file to write", "key": "file of the signing key (default: the user's own, made where none is)"}


@task(help=SPEC | _BUNDLE | {"engine": "images from the engine of this machine"})
def bundle(_, spec="stack.yaml", out="stack.bundle", key="", engine=False):
    """Write what an install needs to one signed file."""
    with user_errors():
        from apply import bundle as collection

        collection.make(spec, out, key, engine)


@task(help=STATE | JSON | {"check": "exit with 3 when anything differs"})
def drift(_, spec="stack.yaml", state=None, json=False, check=False):
    """Show what was changed by hand since the install."""
    with user_errors():
        from apply import drift as comparison

        comparison.show(spec, state, check, json)


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


@task(help=STATE | JSON | {"since": "the period: 30d, 12h", "csv": "print CSV"})
def usage(_, spec="stack.yaml", state=None, since="30d", json=False, csv=False):
    """Show what each user has used, and takes now."""
    with user_errors():
        from apply import usage as report

        report.show(spec, state, since, json, csv)


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


TASKS = (doctor, bundle, drift, backup, restore, usage, upgrade)
