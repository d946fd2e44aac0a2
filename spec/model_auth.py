"""Login: who may come in, and how. Pure."""

from typing import Annotated, Literal

from msgspec import Meta, field

from spec.fields import USER_NAME, Duration, Group, SecretReference, Section, Text, Url, UserName, says


class Native(Section, frozen=True):
    """User names and passwords that the hub keeps itself."""

    open_signup: Annotated[bool, says("Visitors may make an account, which an administrator then admits.")] = False
    minimum_password_length: Annotated[int, Meta(ge=8, le=128, description="In characters.")] = 10


class KeycloakUser(Section, frozen=True):
    """A user made for a trial."""

    name: Annotated[UserName, says("Sign-in name.")]
    groups: Annotated[list[Group], says("Full paths of groups.")] = field(default_factory=list)


class Keycloak(Section, frozen=True):
    """A Keycloak realm as the login, and how much of it this stack manages."""

    url: Annotated[
        Url | None, says("Of the server; the issuer is `url/realms/realm`.", ["https://auth.example.net"])
    ] = None
    internal_url: Annotated[
        Url | None,
        says(
            "Where hub and install reach it, in place of the scheme and host of `url`.",
            ["http://keycloak.keycloak.svc:8080"],
        ),
    ] = None
    realm: Annotated[Text, says("The realm.")] = "buunstack"
    client_id: Annotated[Text, says("The client of this stack.")] = "jupyterhub"
    client_secret: Annotated[
        SecretReference | None,
        says("Where the client's secret is kept. Without it install makes one, where it manages the client."),
    ] = None
    manage: Annotated[
        Literal["none", "client", "groups", "realm"] | None,
        says(
            "How much of the realm install keeps as declared, each level with those before it. Without it: `client` "
            "where `admin_secret` is given, else `none`."
        ),
    ] = None
    admin_client_id: Annotated[Text, says("The installer's own service account.")] = "buunstack-installer"
    admin_secret: Annotated[SecretReference | None, says("Where that account's secret is kept.")] = None
    session_idle: Annotated[Duration, says("A session ends after this time without use.")] = "24h"
    session_max: Annotated[Duration, says("A session ends after this time.")] = "7d"
    access_token_lifespan: Annotated[Duration, says("Life of an access token, with `manage: realm`.")] = "5m"  # noqa: S105
    users: Annotated[list[KeycloakUser], says("Users made for a trial, with `manage: realm`.")] = field(
        default_factory=list
    )
    embedded: Annotated[
        bool, says("Install runs a Keycloak of the stack's own, with realm, client and users; needs a JVM (local).")
    ] = False


class Oidc(Section, frozen=True):
    """Any OpenID Connect provider, found by discovery; nothing is managed."""

    name: Annotated[Text | None, says("How users call it; the issuer's host without one.", ["the university"])] = None
    issuer: Annotated[Url | None, says("Of the provider.", ["https://login.example.net"])] = None
    client_id: Annotated[Text | None, says("The client of this stack.")] = None
    client_secret: Annotated[SecretReference | None, says("Where the client's secret is kept.")] = None
    scopes: Annotated[list[Text], says("Asked for at sign-in.")] = field(
        default_factory=lambda: ["openid", "profile", "email"]
    )
    username_claim: Annotated[Text, says("The claim that names the user.")] = "preferred_username"
    groups_claim: Annotated[Text | None, says("The claim that lists the groups, as full paths.")] = "groups"


class Session(Section, frozen=True):
    """How long a sign-in lasts."""

    refresh: Annotated[Duration, says("How often the provider is asked whether the user is still welcome.")] = "5m"
    outage_grace: Annotated[Duration, says("How long sessions go on while the provider is away.")] = "1h"
    logout: Annotated[Literal["single", "hub"], says("`single` ends the provider's session too.")] = "single"


class Auth(Section, frozen=True):
    """Login."""

    kind: Annotated[
        Literal["native", "keycloak", "oidc", "dummy"],
        says("`native`: passwords kept by the hub. `dummy`: any name, for trials on loopback only."),
    ] = "native"
    admin_users: Annotated[
        list[UserName] | None,
        says(
            "Administrators by name; `native` makes the first one at install. Without it `[admin]`, and nobody where a "
            "provider gives out the names."
        ),
    ] = None
    allowed_users: Annotated[list[UserName], says("Users by name, besides administrators.")] = field(
        default_factory=list
    )
    admin_groups: Annotated[list[Group], says("Members are administrators. Full paths.")] = field(default_factory=list)
    allowed_groups: Annotated[list[Group], says("Members may come in. Full paths.")] = field(default_factory=list)
    allow_all: Annotated[bool, says("Everybody whom the provider knows may come in.")] = False
    username_pattern: Annotated[str, says("A regular expression that a whole name has to match.")] = USER_NAME
    native: Annotated[Native, says("With `kind: native`.")] = field(default_factory=Native)
    keycloak: Annotated[Keycloak, says("With `kind: keycloak`.")] = field(default_factory=Keycloak)
    oidc: Annotated[Oidc, says("With `kind: oidc`.")] = field(default_factory=Oidc)
    session: Annotated[Session, says("With `kind: keycloak` or `oidc`.")] = field(default_factory=Session)
    logout_url: Annotated[
        Url | None, says("Where a sign-out leads, with `kind: keycloak` or `oidc`; the sign-in page without one.")
    ] = None
