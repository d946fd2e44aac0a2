"""Where a provider has what: its discovery document, checked, seen from the hub. Pure."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hub.oidc.errors import ProviderAway

PATH = "/.well-known/openid-configuration"
"""Below the issuer (OpenID Connect Discovery 1.0, section 4)."""


@dataclass(frozen=True)
class Endpoints:
    """Addresses: `authorize` and `end_session` for browsers, the others for the hub."""

    authorize: str
    token: str
    userinfo: str
    keys: str
    end_session: str | None
    hub_end_session: str | None
    """The same as `end_session`, as the hub reaches it."""
    basic_auth: bool
    """Whether the hub's secret goes into a header; else into the form."""


def endpoints(document: dict[str, Any], issuer: str, internal_url: str | None) -> Endpoints:
    """The document's addresses.

    Args:
        internal_url: where the hub reaches the provider, in place of the issuer's scheme and host.

    Raises:
        ProviderAway: it is another issuer's document, or lacks an address.
    """
    said = document.get("issuer")
    if said != issuer:
        raise ProviderAway(f"AUTH104 the issuer says that it is {said!r}, but it is declared as {issuer!r}")
    needed = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
    if missing := [name for name in needed if not isinstance(document.get(name), str)]:
        raise ProviderAway(f"AUTH105 the provider's discovery document has no {missing[0]}")

    def inside(url: str) -> str:
        return reached(url, issuer, internal_url)

    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    end_session = document.get("end_session_endpoint")
    return Endpoints(
        authorize=document["authorization_endpoint"],
        token=inside(document["token_endpoint"]),
        userinfo=inside(document["userinfo_endpoint"]),
        keys=inside(document["jwks_uri"]),
        end_session=end_session,
        hub_end_session=inside(end_session) if end_session else None,
        basic_auth="client_secret_post" not in methods,
    )


def reached(url: str, issuer: str, internal_url: str | None) -> str:
    """An address of the provider as the hub reaches it."""
    if internal_url is None:
        return url
    public, asked = urlsplit(issuer), urlsplit(url)
    if (public.scheme, public.netloc) != (asked.scheme, asked.netloc):
        return url
    return internal_url.rstrip("/") + url.removeprefix(f"{asked.scheme}://{asked.netloc}")
