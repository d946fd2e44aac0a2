"""Commands that look after a stack that runs."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import task

from apply.commands.flags import JSON, STATE
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


TASKS = (doctor,)
