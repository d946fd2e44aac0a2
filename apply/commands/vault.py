"""`inv vault.*`: the stack's part of Vault."""

# mypy: disable-error-code="no-untyped-def,attr-defined"

from invoke import Collection, task

from apply.commands.flags import JSON, STATE
from apply.console import user_errors

_APPLY = {
    "check": "write nothing; exit with 3 when something differs",
    "show_policy": "print the policy that a credential for this needs, and do nothing",
}


@task(name="apply", help=STATE | JSON | _APPLY)
def apply(_, spec="stack.yaml", state=None, json=False, check=False, show_policy=False):
    """Keep the stack's Vault part as declared (kubernetes)."""
    with user_errors():
        from apply import secretstores

        if show_policy:
            secretstores.show_policy(spec, state)
        else:
            secretstores.apply(spec, state, check, json)


@task(name="rotate", help=STATE | JSON)
def rotate(_, spec="stack.yaml", state=None, json=False):
    """Give the hub another token (hub_login: token)."""
    with user_errors():
        from apply import rotation

        rotation.rotate(spec, state, json)


_MIGRATE = {
    "check": "copy nothing; exit with 3 when something would be",
    "show_policy": "print the policy that a credential for this needs, and do nothing",
}


@task(name="migrate", help=STATE | JSON | _MIGRATE)
def migrate(_, spec="stack.yaml", state=None, json=False, check=False, show_policy=False):
    """Copy users' secrets from buun-stack's plain paths."""
    with user_errors():
        from apply import vaultmigration

        if show_policy:
            vaultmigration.show_policy(spec, state)
        else:
            vaultmigration.migrate(spec, state, check, json)


COMMANDS = Collection("vault", apply, migrate, rotate)
