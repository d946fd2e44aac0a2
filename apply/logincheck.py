"""What is wrong with a login, judged by what was seen of it. Pure.

A rule gives (code, evidence, and what differs from the code's usual words); the words are in `apply.logincodes`.
"""

from collections.abc import Iterator
from typing import Any

from apply import keycloakobjects
from apply.findings import Finding, Severity
from apply.logincodes import finding
from apply.loginseen import Admin, Discovery, LoginSeen, Reply
from spec.quantities import duration

_SHORT_DAYS = 14
_SKEW_WARNING_SECONDS, _SKEW_ERROR_SECONDS = 30, 120
"""The hub takes tokens of the provider that are five minutes wrong at most (`hub.oidc.backchannel`)."""
_GOOD = ("login_required", "interaction_required", "account_selection_required", "consent_required")
"""How a provider says that all is well, and somebody would have to sign in (OpenID Connect Core, 3.1.2.6)."""
_UNKNOWN_CLIENT = ("invalid_client", "unauthorized_client")
"""How providers refuse a client's secret (RFC 6749, section 5.2; Keycloak says the second)."""
_REFUSED_GRANT = ("unauthorized_client", "unsupported_grant_type", "access_denied", "invalid_client")
_PAGES = {"redirect": "AUTH111", "client": "AUTH110", "realm": "AUTH103"}
"""Word of a page on which a provider refuses a sign-in -> what is wrong."""
_GONE = ("AUTH103", "AUTH110")
_SCOPES, _FULL_PATH = "scopes by default.names", "mapper groups.config.full.path"
_FIELDS = {
    "enabled": "AUTH110",
    "redirectUris": "AUTH111",
    "attributes.pkce.code.challenge.method": "AUTH113",
    "publicClient": "AUTH114",
    _SCOPES: "AUTH115",
    "directAccessGrantsEnabled": "AUTH116",
    "serviceAccountsEnabled": "AUTH116",
    _FULL_PATH: "AUTH131",
}
"""Field of the client -> the finding that already tells of it."""


def findings(seen: LoginSeen) -> list[Finding]:
    """All that is wrong."""
    found = [*_way(seen), *_document(seen), *_sign_in(seen), *_client(seen)]
    if seen.admin_failure is not None and not any(one.code == "AUTH103" for one in found):
        code, message = seen.admin_failure
        found.append(finding(code, seen, message))
    if seen.admin is not None:
        found += [*_as_declared(seen, seen.admin, {one.code for one in found})]
        found += [*_groups(seen, seen.admin), *_realm(seen, seen.admin)]
    return [*found, *_hub(seen)]


def _way(seen: LoginSeen) -> Iterator[Finding]:
    if seen.failure is not None:
        yield finding(seen.failure[0], seen, seen.failure[1])
    if seen.discovery is None:
        return
    days, skew = seen.discovery.certificate_days, seen.discovery.skew_seconds
    if days is not None and days < _SHORT_DAYS:
        yield finding("AUTH106", seen, f"its certificate ends in {days:.0f} days")
    if skew is not None and abs(skew) > _SKEW_WARNING_SECONDS:
        severity: Severity = "error" if abs(skew) > _SKEW_ERROR_SECONDS else "warning"
        side = "ahead of" if skew > 0 else "behind"
        yield finding("AUTH107", seen, f"its clock is {abs(skew):.0f} s {side} this machine's", severity)


def _document(seen: LoginSeen) -> Iterator[Finding]:
    if seen.discovery is None:
        return
    status, document = seen.discovery.status, seen.discovery.document
    if status != 200 or not document:
        yield finding("AUTH103", seen, f"{seen.issuer} answers {status}")
    elif document.get("issuer") != seen.issuer:
        yield finding("AUTH104", seen, f"the issuer says {document.get('issuer')}, the stack file {seen.issuer}")
    else:
        needed = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
        if missing := [name for name in needed if not isinstance(document.get(name), str)]:
            yield finding("AUTH105", seen, f"its discovery document has no {', '.join(missing)}")


def _sign_in(seen: LoginSeen) -> Iterator[Finding]:
    reply = seen.authorize
    if reply is None:
        return
    if _at_callback(reply, seen):
        if reply.error == "invalid_scope":
            yield finding("AUTH115", seen, f"asked for {' '.join(seen.scopes)}: {reply.shown()}")
        elif reply.error in _UNKNOWN_CLIENT:
            yield finding("AUTH110", seen, reply.shown())
        elif reply.error and reply.error not in _GOOD:
            yield finding("AUTH119", seen, reply.shown())
    elif reply.status >= 400:
        words = f"{reply.error} {reply.page}".lower()
        code = next((code for word, code in _PAGES.items() if word in words), "AUTH119")
        yield finding(code, seen, reply.shown())
    if _may_sign_in(reply, seen) and (asked := seen.without_challenge) and _may_sign_in(asked, seen):
        yield finding("AUTH113", seen, f"asked without a challenge: {asked.shown()}{_unlisted(seen.discovery)}")


def _at_callback(reply: Reply, seen: LoginSeen) -> bool:
    return reply.location == seen.redirect


def _may_sign_in(reply: Reply, seen: LoginSeen) -> bool:
    """Whether somebody who came with this would be led on."""
    if _at_callback(reply, seen):
        return not reply.error or reply.error in _GOOD
    return reply.status < 400


def _unlisted(discovery: Discovery | None) -> str:
    methods = (discovery.document if discovery else {}).get("code_challenge_methods_supported") or []
    return "" if "S256" in methods else "; S256 is not among the methods that it lists"


def _client(seen: LoginSeen) -> Iterator[Finding]:
    """As whom the hub is taken. Of a client or realm that is not there or disabled the answers say nothing more."""
    if seen.authorize is None or any(one.code in _GONE for one in _sign_in(seen)):
        return
    if (open_door := seen.without_secret) and open_door.status == 400 and open_door.error == "invalid_grant":
        yield finding("AUTH114", seen, f"asked for tokens without a secret: {open_door.shown()}")
    proved = seen.with_secret
    if proved is None:
        return
    if proved.status in (400, 401) and proved.error in _UNKNOWN_CLIENT:
        yield finding("AUTH112", seen, f"asked for tokens with the hub's secret: {proved.shown()}")
        return
    if (given := seen.for_itself) and given.status == 200:
        yield finding("AUTH116", seen, "a token for the client itself (client_credentials) was given")
    if (asked := seen.with_password) and asked.error not in _REFUSED_GRANT:
        yield finding("AUTH116", seen, f"a password was looked at (grant password): {asked.shown()}")


def _as_declared(seen: LoginSeen, admin: Admin, known: set[str]) -> Iterator[Finding]:
    """The client field by field; what another finding tells of is not told again."""
    if admin.seen.client is None:
        if "AUTH110" not in known:
            yield finding("AUTH110", seen, "the installer finds no such client")
        return
    apart = [row for row in keycloakobjects.compared(admin.declared, admin.seen) if row[3]]
    wide = [uri for uri in admin.seen.client.get("redirectUris") or () if "*" in uri]
    if wide:
        yield finding("AUTH117", seen, f"redirectUris: {keycloakobjects.shown(wide)}")
        known = known | {"AUTH111"}
    if any(field == _FULL_PATH and live == "false" for field, live, _, _ in apart):
        yield finding("AUTH131", seen, "mapper groups: full.path is false")
        known = known | {"AUTH131"}
    left = [row for row in apart if _FIELDS.get(row[0]) not in known and not _of_account(row, known)]
    if left:
        shown = keycloakobjects.shown
        lines = [f"{field}: {shown(live)}, declared {shown(wanted)}" for field, live, wanted, _ in left]
        yield finding("AUTH118", seen, "; ".join(lines))


def _of_account(row: tuple[str, Any, Any, bool], known: set[str]) -> bool:
    """Whether it is the scope that Keycloak gives a client by itself which may act for itself."""
    field, live, wanted, _ = row
    return "AUTH116" in known and field == _SCOPES and set(live or ()) - {"service_account"} == set(wanted)


def _groups(seen: LoginSeen, admin: Admin) -> Iterator[Finding]:
    there = admin.seen.groups
    if there is not None:
        for path in admin.declared["groups"]:
            if path not in there:
                yield finding("AUTH130", seen, f"group {path} is not in realm {admin.declared['realm']}")
    for path, somebody in admin.members.items():
        if not somebody:
            yield finding("AUTH133", seen, f"group {path} has no members")


def _realm(seen: LoginSeen, admin: Admin) -> Iterator[Finding]:
    for warning in keycloakobjects.warnings(admin.declared, admin.seen):
        code, _, evidence = warning.partition(" ")
        if code != "AUTH130" or admin.seen.groups is None:
            yield finding(code, seen, evidence, "warning")
    settings = admin.seen.settings
    own = ((admin.seen.client or {}).get("attributes") or {}).get("access.token.lifespan")
    life = int(own or settings.get("accessTokenLifespan") or 0)
    if life > seen.refresh_seconds:
        yield finding(
            "AUTH134",
            seen,
            f"access tokens live for {duration(life)}, auth.session.refresh is {duration(seen.refresh_seconds)}",
        )
    if settings.get("editUsernameAllowed"):
        yield finding("AUTH135", seen, "editUsernameAllowed is true")
    if settings.get("registrationAllowed") and seen.allow_all:
        yield finding("AUTH136", seen, "registrationAllowed is true, and so is auth.allow_all")


def _hub(seen: LoginSeen) -> Iterator[Finding]:
    hub = seen.hub
    if hub is not None and not hub.has:
        yield finding("AUTH150", seen, "the running hub cannot read a secret")
    elif seen.kept is not None and seen.delivered and seen.kept not in seen.delivered:
        yield finding("AUTH151", seen, "the secret at its place is not the one that install has brought to the hub")
    elif hub is not None and seen.delivered and not set(seen.delivered) & set(hub.has):
        yield finding("AUTH151", seen, "the running hub has another secret than the one that install has brought")
    if hub is not None and hub.fault and seen.failure is None:
        since = "" if hub.answered is None else f" (its last answer to it: {hub.answered:.0f} s ago)"
        yield finding("AUTH152", seen, f"the hub says: {hub.fault}{since}")
