"""Commands that read stack files and nothing else."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import task

from apply.commands.flags import JSON, SPEC
from apply.console import user_errors


@task(help=SPEC | JSON | {"svg": "write a picture to this file"})
def lifetimes(_, spec="stack.yaml", svg="", json=False):
    """Draw when servers, tokens and sign-ins end."""
    with user_errors():
        from apply import lifetimes as picture

        picture.show(spec, svg, json)


TASKS = (lifetimes,)
