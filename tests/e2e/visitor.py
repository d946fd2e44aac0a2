"""A person whose browser goes to a provider and back."""

import html
import re

import requests

from tests.e2e.stack import Commands, Person


class Visitor(Person):
    """Signed in by the provider's form.

    Args:
        said: what is typed into the form.
        trust: file of the authorities that the browser trusts; those of the system without one.
    """

    def __init__(self, stack: Commands, name: str, said: dict[str, str], trust: str | bool = True) -> None:
        self.stack, self.name = stack, name  # type: ignore[assignment]
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = trust
        # A proxy ends a connection that was idle for some seconds, just when the next request may be on its way.
        self.session.headers["Connection"] = "close"
        page = self.get("/hub/oauth_login?next=%2Fhub%2Fhome")
        for cookie in self.session.cookies:
            cookie.secure = False  # Keycloak's are for https; browsers send them to loopback all the same
        form = re.search(r'action="([^"]+)"', page.text)
        place = html.unescape(form[1]) if form else page.url
        self.answer = self.session.post(place, data=said, timeout=30)

    def signed_in(self) -> bool:
        return self.get("/hub/home").url.endswith("/hub/home")


def typed(name: str, password: str) -> dict[str, str]:
    """What somebody types into Keycloak's form."""
    return {"username": name, "password": password, "credentialId": ""}
