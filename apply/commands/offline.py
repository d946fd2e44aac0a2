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


_REVIEW = {
    "base": "a revision of git",
    "head": "another one, or . for the file as it lies there",
    "junit": "print JUnit's XML",
    "check": "exit with 3 when somebody loses something",
}


@task(help=SPEC | JSON | _REVIEW)
def review(_, base, head, spec="stack.yaml", json=False, junit=False, check=False):
    """Say what a change of the stack file means, for whom."""
    with user_errors():
        from apply import review as merge_request

        merge_request.show(spec, base, head, "json" if json else "junit" if junit else "markdown", check)


_MIGRATE = {
    "env": "file with buun-stack's variables (default: .env.local, unless --from-cluster)",
    "out": "the file to write",
    "force": "replace an existing file",
    "from_cluster": "read the release that runs",
    "release": "its name",
    "namespace": "where it is; looked for without one",
    "context": "of the kubeconfig",
}


@task(help=_MIGRATE, auto_shortflags=False)
def migrate(
    _, env="", out="stack.yaml", force=False, from_cluster=False, release="jupyterhub", namespace="", context=""
):
    """Write stack.yaml from buun-stack's variables."""
    with user_errors():
        from apply import migration

        running = migration.Running(context or None, release, namespace or None) if from_cluster else None
        migration.write(env, out, force, running)


TASKS = (lifetimes, migrate, review)
