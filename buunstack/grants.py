"""A token in use and what it opens, and how the hub gives one on demand. Talks to the hub and to Vault."""

import enum
import time
from dataclasses import dataclass

from buunstack.errors import BadSetting, NotAllowed, SignInNeeded, Unavailable
from buunstack.lease import Lease
from buunstack.masked import MaskedText
from buunstack.settings import Settings, vault_url
from buunstack.transport import Answer, Transport


class Place(enum.Enum):
    """Whose secrets: the user's own, or those that everybody may read."""

    OWN = "own"
    SHARED = "shared"


@dataclass(frozen=True)
class Grant:
    """A token, what it opens, and its life by `time.monotonic`."""

    token: MaskedText
    source: str
    address: str
    namespace: str
    mount: str
    home: str
    lease: Lease

    @property
    def headers(self) -> dict[str, str]:
        """What a request with this token carries."""
        return token_headers(self.token, self.namespace)

    def folder(self, place: Place) -> str:
        """Where the secrets of `place` are, below the mount."""
        if place is Place.OWN:
            return self.home
        root, found, name = self.home.rpartition("/users/")
        if not found or "/" in name:
            raise BadSetting(
                f"Your secrets are at {self.home!r}, which does not end in users/NAME, so the place of the shared "
                "ones beside `users` is not known. Check BUUNSTACK_SECRETS_HOME."
            )
        return f"{root}/shared"

    @property
    def seconds_left(self) -> float:
        """What is left of its life as known here."""
        return self.lease.left(time.monotonic())


def token_headers(token: MaskedText, namespace: str) -> dict[str, str]:
    """The headers of a Vault request; an empty namespace is the server's own root."""
    headers: dict[str, str] = {"X-Vault-Token": token, "X-Vault-Request": "true"}
    return headers | ({"X-Vault-Namespace": namespace} if namespace else {})


def ask_hub(settings: Settings, hub: Transport, vault: Transport) -> Grant:
    """A new token from the hub, which hands out a wrapped one that can be opened once."""
    headers = {"Authorization": MaskedText(f"token {settings.hub_token.reveal()}")}
    answer = hub.exchange("POST", f"{settings.hub_url}/vault-token", headers)
    if answer.status != 200:
        raise _refusal(answer)
    address = vault_url(settings.address or str(answer.at("address")))
    wrapped = MaskedText(answer.at("wrapped_token"))
    asked = time.monotonic()
    # Not repeatable: the first one to arrive opens it, so a second would look like a theft.
    sent = token_headers(wrapped, settings.namespace)
    opened = vault.exchange("POST", f"{address}/v1/sys/wrapping/unwrap", sent, repeatable=False)
    if opened.status in (400, 403, 404):
        raise Unavailable(
            "The token from the hub was too old, or was opened by somebody else on its way. Try again; if "
            "that happens twice, tell an administrator."
        )
    auth = opened.given().at("auth")
    seconds = float(auth["lease_duration"])
    return Grant(
        token=MaskedText(auth["client_token"]),
        source="hub",
        address=address,
        namespace=settings.namespace,
        mount=str(answer.at("mount")),
        home=str(answer.at("home")),
        lease=Lease.begun(asked, seconds, seconds, bool(auth["renewable"])),
    )


def _refusal(answer: Answer) -> Exception:
    if answer.status in (401, 403):
        return NotAllowed(
            "The hub gives this server no Vault token: it is not one of the hub's running servers any more, "
            "or it may not ask. Restart your server from the hub."
        )
    if answer.status in (404, 405):
        return SignInNeeded("This hub hands out no Vault tokens. Ask an administrator to enable `vault` for it.")
    if answer.status == 502:
        return NotAllowed(
            "Vault refused to give the hub a token for you; is your account disabled? The reason is in the "
            "hub's log, so ask an administrator."
        )
    if answer.status == 503:
        return Unavailable("The hub cannot reach Vault now. Nothing was lost; try again.")
    return Unavailable(f"The hub cannot give a Vault token now ({answer.status}). Nothing was lost; try again.")
