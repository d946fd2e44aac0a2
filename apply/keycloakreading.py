"""What a realm has of all that a stack declares: read as the installer, who sees it all."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from apply.keycloak import Keycloak
from apply.keycloakobjects import Seen, SeenUser

_MANY = "1000"
"""Groups of one user."""
_SEES_GROUPS = {"view-users", "manage-users"}


def observed(keycloak: Keycloak, declared: dict[str, Any]) -> Seen:
    """What Keycloak has of all that is declared.

    Raises:
        StackError: it does not answer, or refuses.
    """
    realm, manage = declared["realm"], declared["manage"]
    client = client_of(keycloak, realm, declared["client"]["clientId"])
    scopes = [] if client is None else [scope["name"] for scope in default_scopes(keycloak, realm, client["id"])]
    looks = manage != "client" or keycloak.roles() & _SEES_GROUPS
    return Seen(
        client,
        scopes,
        _groups(keycloak, realm, declared["groups"]) if looks else None,
        keycloak.get(path_of(realm)),
        _users(keycloak, realm, declared["users"]) if "users" in declared else None,
    )


def client_of(keycloak: Keycloak, realm: str, name: str) -> dict[str, Any] | None:
    """A client by its name; None where there is none.

    Raises:
        StackError: Keycloak does not answer, or refuses.
    """
    found = keycloak.get(path_of(realm, "clients"), clientId=name) or []
    return dict(found[0]) if found else None


def user_of(keycloak: Keycloak, realm: str, name: str) -> dict[str, Any] | None:
    """A user by name; None where there is none.

    Raises:
        StackError: Keycloak does not answer, or refuses.
    """
    found = keycloak.get(path_of(realm, "users"), username=name, exact="true") or []
    return dict(found[0]) if found else None


def group_id(keycloak: Keycloak, realm: str, path: str) -> str | None:
    """The id of a group by its full path; None where there is none."""
    found = keycloak.get(path_of(realm, "group-by-path", *path.split("/")))
    return None if found is None else str(found["id"])


def has_members(keycloak: Keycloak, realm: str, group: str) -> bool:
    """Whether anybody is in a group (by its id)."""
    return bool(keycloak.get(path_of(realm, "groups", group, "members"), max="1"))


def path_of(*segments: str) -> str:
    """A path of the admin API: the realm's name, and what is in it."""
    return "/".join(quote(segment, safe="") for segment in segments)


def default_scopes(keycloak: Keycloak, realm: str, client: str) -> list[dict[str, Any]]:
    """The scopes that a client (by its id) gets without asking."""
    return list(keycloak.get(path_of(realm, "clients", client, "default-client-scopes")) or [])


def _groups(keycloak: Keycloak, realm: str, paths: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in paths:
        above = path.rpartition("/")[0]
        if above and above not in found:
            continue
        identity = group_id(keycloak, realm, path)
        if identity is not None:
            found[path] = identity
    return found


def _users(keycloak: Keycloak, realm: str, wanted: list[dict[str, Any]]) -> dict[str, SeenUser]:
    found = {}
    for user in wanted:
        there = user_of(keycloak, realm, user["username"])
        if there is not None:
            groups = keycloak.get(path_of(realm, "users", there["id"], "groups"), max=_MANY) or []
            paths = frozenset(str(group["path"]).removeprefix("/") for group in groups)
            found[user["username"]] = SeenUser(there["id"], paths)
    return found
