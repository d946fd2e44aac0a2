"""What the installer may do in a realm, and the least of it that each level of `manage` needs. Pure, given a token."""

from typing import TYPE_CHECKING

from spec.errors import StackError

if TYPE_CHECKING:
    from apply.keycloak import Keycloak

NEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    "client": {"plan": ("view-clients", "view-realm"), "apply": ("manage-clients", "view-realm")},
    "groups": {
        "plan": ("view-clients", "view-realm", "view-users"),
        "apply": ("manage-clients", "manage-users", "view-realm"),
    },
    "realm": {
        "plan": ("view-clients", "view-realm", "view-users"),
        "apply": ("manage-clients", "manage-realm", "manage-users"),
    },
}
"""Level of `manage` -> what is done -> roles of `realm-management`; proved one by one against a real Keycloak."""


def refuse_too_weak(keycloak: "Keycloak", manage: str, work: str) -> None:
    """Before anything is read: to a weak account Keycloak answers with empty lists, as if nothing were there.

    Args:
        work: `plan` or `apply`.

    Raises:
        StackError: a role is missing, or the account is one of realm master.
    """
    refuse_master_admin(keycloak)
    refuse_without(keycloak, NEEDED[manage][work])


def refuse_master_admin(keycloak: "Keycloak") -> None:
    """For daily work nobody needs an account that may do everything to every realm.

    Raises:
        StackError: it is one.
    """
    if keycloak.is_of_master():
        raise StackError(
            "AUTH121 refusing the master admin account: accounts of realm master administer every realm",
            "inv auth.bootstrap makes an account that may do just what is needed",
        )


def refuse_without(keycloak: "Keycloak", needed: tuple[str, ...]) -> None:
    """Whoever may change something may look at it too.

    Raises:
        StackError: a role is missing.
    """
    has = keycloak.roles()
    lacking = [role for role in needed if role not in has and role.replace("view-", "manage-") not in has]
    if lacking:
        plural = "s" if len(lacking) > 1 else ""
        raise StackError(
            f"AUTH120 the installer lacks role{plural} {', '.join(lacking)} (has: {', '.join(sorted(has)) or 'none'})",
            "inv auth.bootstrap gives it what auth.keycloak.manage needs",
        )
