"""What `inv doctor` has seen of a stack's login. Pure data, without a secret in it."""

from dataclasses import dataclass, field
from typing import Any

from apply.keycloakobjects import Seen


@dataclass(frozen=True)
class Reply:
    """The provider's answer to a question of the doctor."""

    status: int
    error: str = ""
    """The provider's own code, such as `invalid_client`."""
    page: str = ""
    """What a page for people says is wrong."""
    location: str = ""
    """Where it sends the browser, without a query."""

    def shown(self) -> str:
        """In a few words."""
        return " ".join(filter(None, (str(self.status), self.error, self.page)))


@dataclass(frozen=True)
class Discovery:
    """The provider's document about itself."""

    status: int
    document: dict[str, Any] = field(default_factory=dict)
    skew_seconds: float | None = None
    """How far the provider's clock is from this machine's."""
    certificate_days: float | None = None


@dataclass(frozen=True)
class Admin:
    """The realm as the installer sees it."""

    declared: dict[str, Any]
    seen: Seen
    members: dict[str, bool] = field(default_factory=dict)
    """Group of `auth` that is there -> whether it has a member; those that were looked at."""


@dataclass(frozen=True)
class HubSide:
    """What the running hub says; fingerprints in place of secrets."""

    has: tuple[str, ...]
    fault: str
    """What keeps it from the provider; empty for nothing."""
    answered: float | None = None
    """Seconds since the provider's last answer."""


@dataclass(frozen=True)
class LoginSeen:
    """Everything that was looked at; None where it was not."""

    kind: str
    issuer: str
    """As it is declared."""
    client: str
    redirect: str
    scopes: tuple[str, ...]
    managed: bool
    """Whether install keeps the client as declared."""
    own: bool
    """Whether install runs the provider itself."""
    allow_all: bool
    refresh_seconds: int
    failure: tuple[str, str] | None = None
    """(code, message) of what ended the questions to the provider."""
    discovery: Discovery | None = None
    authorize: Reply | None = None
    without_challenge: Reply | None = None
    with_secret: Reply | None = None
    without_secret: Reply | None = None
    for_itself: Reply | None = None
    with_password: Reply | None = None
    admin: Admin | None = None
    admin_failure: tuple[str, str] | None = None
    """(code, message) of what kept the installer from looking."""
    delivered: tuple[str, ...] = ()
    """Fingerprints of the secrets that were brought to the hub."""
    kept: str | None = None
    """Fingerprint of the secret at the place that the file names."""
    hub: HubSide | None = None
    unseen: tuple[str, ...] = ()
    """What could not be looked at, and why."""
