"""What a stack needs in Keycloak: the client of its hub, groups, settings of the realm, users for a trial. Pure."""

from typing import Any

from spec.login import login_groups, managed
from spec.model import Stack
from spec.model_auth import Keycloak, KeycloakUser
from spec.quantities import seconds

SCOPES = ("basic", "profile", "email")
"""What a token of the client may tell; `basic` brings `sub`, without which nobody can be told apart."""
GROUPS_CLAIM = "groups"


def keycloak_objects(stack: Stack, public_url: str) -> dict[str, Any] | None:
    """Everything that is declared of the realm; None when the stack manages nothing in a Keycloak.

    Args:
        public_url: of the hub, with a slash at its end; may be a placeholder.
    """
    settings = stack.auth.keycloak
    level = managed(settings)
    if stack.auth.kind != "keycloak" or level == "none":
        return None
    declared: dict[str, Any] = {
        "realm": settings.realm,
        "manage": level,
        "client": _client(stack, public_url),
        "scopes": list(SCOPES),
        "mapper": _mapper(),
        "groups": _groups(stack),
    }
    if level == "realm":
        declared["settings"] = _settings(settings)
        declared["users"] = [_user(user) for user in settings.users]
    return declared


def _client(stack: Stack, public_url: str) -> dict[str, Any]:
    settings = stack.auth.keycloak
    return {
        "clientId": settings.client_id,
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "clientAuthenticatorType": "client-secret",
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False,
        "fullScopeAllowed": False,
        "redirectUris": [f"{public_url}hub/oauth_callback"],
        "webOrigins": [],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": stack.auth.logout_url or f"{public_url}hub/login",
            "backchannel.logout.url": f"{public_url}hub/backchannel-logout",
            "backchannel.logout.session.required": "true",
            "client.session.idle.timeout": str(seconds(settings.session_idle)),
            "client.session.max.lifespan": str(seconds(settings.session_max)),
        },
    }


def _mapper() -> dict[str, Any]:
    """Full paths: by the last name alone `students/admins` would be taken for `admins`."""
    return {
        "name": GROUPS_CLAIM,
        "protocol": "openid-connect",
        "protocolMapper": "oidc-group-membership-mapper",
        "config": {
            "claim.name": GROUPS_CLAIM,
            "full.path": "true",
            "userinfo.token.claim": "true",
            "id.token.claim": "true",
            "access.token.claim": "false",
            "introspection.token.claim": "false",
        },
    }


def _groups(stack: Stack) -> list[str]:
    """Every group that the file names, as a full path; those above it come first."""
    named = set(login_groups(stack))
    if managed(stack.auth.keycloak) == "realm":
        for user in stack.auth.keycloak.users:
            named.update(user.groups)
    parts = [group.split("/") for group in named]
    return sorted({"/".join(steps[:depth]) for steps in parts for depth in range(1, len(steps) + 1)})


def _settings(settings: Keycloak) -> dict[str, Any]:
    return {
        "enabled": True,
        "registrationAllowed": False,
        "bruteForceProtected": True,
        "accessTokenLifespan": seconds(settings.access_token_lifespan),
        "ssoSessionIdleTimeout": seconds(settings.session_idle),
        "ssoSessionMaxLifespan": seconds(settings.session_max),
    }


def _user(user: KeycloakUser) -> dict[str, Any]:
    """With all that Keycloak's user profile asks for, or the first sign-in would stop and ask."""
    address = user.name if "@" in user.name else f"{user.name}@example.invalid"
    return {
        "username": user.name,
        "enabled": True,
        "email": address,
        "firstName": user.name,
        "lastName": "Trial",
        "groups": sorted(user.groups),
    }
