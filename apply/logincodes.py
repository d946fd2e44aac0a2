"""What each code of a login's finding means: its sentence, its cause and its repair. Pure data."""

from dataclasses import dataclass

from apply.findings import Finding, Severity
from apply.loginseen import LoginSeen


@dataclass(frozen=True)
class _Words:
    severity: Severity
    what: str
    cause: str
    repair: str
    elsewhere: str = ""
    """The repair where nothing of the provider is managed, or its administrator has to act."""


_WORDS = {
    "AUTH101": _Words(
        "error",
        "the provider of {issuer} does not answer",
        "it does not run, hangs, or cannot be reached from this machine",
        "start it, or correct {address}",
    ),
    "AUTH102": _Words(
        "error",
        "the provider's certificate is not trusted",
        "its authority is a private one, or the certificate is for another name or has ended",
        "name the authority with `ca:` in the stack file",
    ),
    "AUTH103": _Words(
        "error",
        "there is no issuer {issuer}",
        "the realm does not exist or is disabled, or the address is a wrong one",
        "inv auth.bootstrap makes the realm with manage: realm; else correct {address}",
        "correct {address}",
    ),
    "AUTH104": _Words(
        "error",
        "the issuer has another name than the stack file says",
        "the provider was told another public address than the one that is declared",
        "correct {address}, or the provider's public address (Keycloak: --hostname, or the realm's Frontend URL)",
    ),
    "AUTH105": _Words(
        "error",
        "the provider does not say where to sign in",
        "it is no OpenID Connect provider, or an incomplete one",
        "correct {address}",
    ),
    "AUTH106": _Words(
        "warning", "the provider's certificate ends soon", "nobody has renewed it", "renew the provider's certificate"
    ),
    "AUTH107": _Words(
        "warning",
        "the clocks of the provider and of this machine differ",
        "one of the two is not kept by a time service, and tokens are refused for it",
        "set the clock by NTP (timedatectl set-ntp true) on the machine that is wrong",
    ),
    "AUTH110": _Words(
        "error",
        "the provider does not know client {client}, or it is disabled",
        "it was deleted, disabled, never made, or may not be used to sign in",
        "inv auth.apply",
        "ask the provider's administrator for client {client}, or correct {client_field}",
    ),
    "AUTH111": _Words(
        "error",
        "the hub's address is not registered with client {client}",
        "the hub has another address than the client was made for",
        "inv auth.apply",
        "let the provider's administrator register {redirect}",
    ),
    "AUTH112": _Words(
        "error",
        "the provider refuses the secret of client {client}",
        "the secret was changed on one side only",
        "inv auth.rotate",
        "put the provider's secret where {secret_field} says, then inv install",
    ),
    "AUTH113": _Words(
        "error",
        "client {client} may sign in without PKCE",
        "the provider does not insist on it, so a code that is stolen on its way could be used",
        "inv auth.apply",
        "let the provider's administrator require PKCE with S256 for client {client}",
    ),
    "AUTH114": _Words(
        "error",
        "client {client} is public: it needs no secret",
        "anybody could act as the hub towards the provider",
        "inv auth.apply",
        "let the provider's administrator make client {client} a confidential one",
    ),
    "AUTH115": _Words(
        "error",
        "the provider refuses a scope that the hub asks for",
        "client {client} does not have all of them: {scopes}",
        "inv auth.apply; a scope that the realm lacks has to be made by its administrator",
        "correct the scopes of the client at the provider, or {scopes_field}",
    ),
    "AUTH116": _Words(
        "error",
        "client {client} may do more than sign users in",
        "a way to get tokens is open that the hub never uses",
        "inv auth.apply",
        "let the provider's administrator close that way for client {client}",
    ),
    "AUTH117": _Words(
        "error",
        "client {client} sends codes to addresses with a wildcard",
        "whoever has a page below such an address could get the codes of others",
        "inv auth.apply",
    ),
    "AUTH118": _Words(
        "warning", "client {client} is not as declared", "somebody has changed it by hand", "inv auth.apply"
    ),
    "AUTH119": _Words(
        "error",
        "the provider refuses the hub's request to sign in",
        "its settings for client {client} do not fit",
        "inv auth.show says what differs; the provider's own log says more",
        "the provider's own log says more",
    ),
    "AUTH120": _Words(
        "error",
        "the installer's account lacks a right",
        "auth.keycloak.manage was raised, or somebody has taken it away",
        "inv auth.bootstrap",
    ),
    "AUTH121": _Words(
        "error",
        "the installer's account is one of realm master",
        "such an account administers every realm",
        "inv auth.bootstrap, then auth.keycloak.admin_secret",
    ),
    "AUTH122": _Words(
        "error",
        "Keycloak does not know the installer's account, or refuses its secret",
        "it was deleted, disabled, or its secret is kept at another place",
        "inv auth.bootstrap, or correct auth.keycloak.admin_secret",
    ),
    "AUTH130": _Words(
        "error",
        "a group that the stack file names is not in the realm",
        "it was deleted, renamed, or never made",
        "inv auth.apply with manage: groups, or correct the file",
    ),
    "AUTH131": _Words(
        "error",
        "the claim groups has short names",
        "by its last name alone students/admins is taken for admins",
        "inv auth.apply; a second mapper of the claim has to be removed by hand",
    ),
    "AUTH132": _Words(
        "warning",
        "the realm ends sessions earlier than the file says",
        "the realm's own limits are shorter",
        "lower auth.keycloak.session_idle or session_max, or ask the realm's administrator",
    ),
    "AUTH133": _Words(
        "warning",
        "a group that may come in is empty",
        "nobody was put into it yet",
        "put users into it in Keycloak, or correct auth.admin_groups or auth.allowed_groups",
    ),
    "AUTH134": _Words(
        "warning",
        "whoever is removed in Keycloak is noticed later than declared",
        "the hub asks again when an access token ends",
        "inv auth.apply with manage: realm and a shorter access_token_lifespan, or raise auth.session.refresh",
    ),
    "AUTH135": _Words(
        "warning",
        "users may rename themselves in Keycloak",
        "a new name is another user of the hub, without the former home",
        "switch editUsernameAllowed off in the realm",
    ),
    "AUTH136": _Words(
        "error",
        "anybody can make an account and come in",
        "the realm takes registrations, and the stack admits everybody in it",
        "auth.allowed_groups in place of allow_all, or switch registration off in the realm",
    ),
    "AUTH150": _Words(
        "error",
        "the hub has no secret for its provider",
        "it was never brought there, or its file cannot be read",
        "inv install",
    ),
    "AUTH151": _Words(
        "error", "the hub has another secret than it should", "it was changed after the last install", "inv install"
    ),
    "AUTH152": _Words(
        "error",
        "the hub does not reach the provider, though this machine does",
        "a name, a network policy or an authority that only the hub lacks",
        "auth.keycloak.internal_url or `ca:`, and what the hub may reach; inv logs hub says more",
    ),
}
CODES = tuple(_WORDS)
_OF_INSTALL = {"AUTH101", "AUTH103", "AUTH104", "AUTH120", "AUTH121", "AUTH122"}
"""What install puts right in a Keycloak that it runs itself."""
_OTHERS = {"AUTH113", "AUTH114", "AUTH116"}
"""What is an error of a client that install makes, and a warning of one that somebody else has made at any provider."""


def finding(code: str, seen: LoginSeen, evidence: str, severity: Severity | None = None) -> Finding:
    """A finding in the words of its code."""
    words = _WORDS[code]
    usual: Severity = "warning" if seen.kind == "oidc" and code in _OTHERS else words.severity
    repair = words.elsewhere if words.elsewhere and not seen.managed else words.repair
    if seen.own and code in _OF_INSTALL:
        repair = "inv install; inv status and inv logs keycloak say more"
    named = _named(seen)
    return Finding(
        code,
        severity or usual,
        words.what.format_map(named),
        evidence,
        words.cause.format_map(named),
        repair.format_map(named),
    )


def _named(seen: LoginSeen) -> dict[str, str]:
    own = seen.kind == "keycloak"
    return {
        "issuer": seen.issuer,
        "client": seen.client,
        "redirect": seen.redirect,
        "scopes": " ".join(seen.scopes),
        "address": "auth.keycloak.url or realm" if own else "auth.oidc.issuer",
        "client_field": f"auth.{seen.kind}.client_id",
        "secret_field": f"auth.{seen.kind}.client_secret",
        "scopes_field": "its scopes in the realm" if own else "auth.oidc.scopes",
    }
