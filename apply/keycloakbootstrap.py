"""The installer's own account in a realm: made by an administrator once, with just the roles that it needs."""

from typing import TYPE_CHECKING, Any

from apply.keycloak import Keycloak
from apply.keycloakobjects import LAYER, KeycloakObject, differences, merged
from apply.keycloakreading import client_of, path_of
from apply.plan import Change
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.target import Tell

_RIGHTS = "realm-management"
_DEFAULT = "default-roles-"
"""The role of a realm that Keycloak gives to everybody in it."""


def bootstrap(
    admin: Keycloak, declared: dict[str, Any], client_id: str, secret: str, roles: tuple[str, ...], tell: "Tell"
) -> list[Change]:
    """Make the realm, where the stack owns it, and the installer's account in it; what was written.

    Args:
        admin: an account that may do this.
        declared: what `render.keycloak` wants.
        client_id: of the installer.
        roles: that it shall have, and no other.

    Raises:
        StackError: Keycloak does not answer, or the account may not do this.
    """
    realm = declared["realm"]
    made = _ensure_realm(admin, realm, declared.get("settings"), tell)
    made += _ensure_client(admin, realm, client_id, secret, tell)
    client = client_of(admin, realm, client_id)
    assert client is not None, "it was made or seen a moment ago"
    return made + _ensure_roles(admin, realm, client, roles, tell)


def _ensure_realm(admin: Keycloak, realm: str, settings: dict[str, Any] | None, tell: "Tell") -> list[Change]:
    if admin.get(path_of(realm)) is not None:
        return []
    if settings is None:
        message = f"AUTH103 realm {realm} does not exist, and the stack does not own it"
        raise StackError(message, "auth.keycloak.manage: realm, or ask the administrator of Keycloak for it")
    tell(f"login: making realm {realm}")
    admin.post("", {"realm": realm, **settings})
    admin.forget_token()  # the one before knows of no rights in the new realm
    return [Change("create", f"realm {realm}", layer=LAYER)]


def _ensure_client(admin: Keycloak, realm: str, client_id: str, secret: str, tell: "Tell") -> list[Change]:
    one = KeycloakObject("account", client_id, _body(client_id, secret), client_of(admin, realm, client_id))
    path = path_of(realm, "clients")
    if one.live is None:
        tell(f"login: making {one.title}")
        admin.post(path, one.body)
        return [Change("create", one.title, layer=LAYER)]
    lines = differences(one)
    if not lines:
        return []
    tell(f"login: writing {one.title}")
    whole = merged(one.live, one.body)
    admin.put(f"{path}/{one.live['id']}", whole)
    # One that was public gets a secret of Keycloak's making with the change, so it is written once more.
    admin.put(f"{path}/{one.live['id']}", whole)
    return [Change("update", one.title, tuple(lines), layer=LAYER)]


def _body(client_id: str, secret: str) -> dict[str, Any]:
    return {
        "clientId": client_id,
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "clientAuthenticatorType": "client-secret",
        "secret": secret,
        "serviceAccountsEnabled": True,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "fullScopeAllowed": True,
        "redirectUris": [],
        "webOrigins": [],
        # Without its roles in its token nobody could tell beforehand what it lacks.
        "attributes": {"client.use.lightweight.access.token.enabled": "false"},
    }


def _ensure_roles(
    admin: Keycloak, realm: str, client: dict[str, Any], roles: tuple[str, ...], tell: "Tell"
) -> list[Change]:
    start = path_of(realm)
    user = admin.get(f"{start}/clients/{client['id']}/service-account-user")
    mappings = f"{start}/users/{user['id']}/role-mappings"
    rights = client_of(admin, realm, _RIGHTS)
    assert rights is not None, "every realm has it"
    lines: list[str] = []
    there = admin.get(mappings) or {}
    for found in (there.get("clientMappings") or {}).values():
        wanted = roles if found["client"] == _RIGHTS else ()
        lines += _take_away(admin, f"{mappings}/clients/{found['id']}", found["mappings"], wanted)
    everybody = [role["name"] for role in there.get("realmMappings") or () if role["name"].startswith(_DEFAULT)]
    lines += _take_away(admin, f"{mappings}/realm", there.get("realmMappings") or [], tuple(everybody))
    held = {role["name"] for role in ((there.get("clientMappings") or {}).get(_RIGHTS) or {}).get("mappings") or ()}
    if lacking := sorted(set(roles) - held):
        tell(f"login: giving {client['clientId']} {', '.join(lacking)}")
        given = [admin.get(f"{start}/clients/{rights['id']}/roles/{role}") for role in lacking]
        admin.post(f"{mappings}/clients/{rights['id']}", given)
        lines += [f"+ {role}" for role in lacking]
    return [Change("update", f"roles of account {client['clientId']}", tuple(lines), layer=LAYER)] if lines else []


def _take_away(admin: Keycloak, path: str, held: list[dict[str, Any]], wanted: tuple[str, ...]) -> list[str]:
    surplus = [role for role in held if role["name"] not in wanted]
    if surplus:
        admin.delete(path, surplus)
    return [f"- {role['name']}" for role in surplus]
