"""A hub whose users sign in with a provider, and browsers that do so."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import requests

from tests.hub.examples import AUTH
from tests.hub.realhub import RealHub, eventually
from tests.openbao import free_port

STANDIN = Path(__file__).with_name("standin.py")
SECRET = "secret-of-the-hub"
_TRIES = 3
"""Tests at once may choose the same free port."""


class Standin:
    """The provider of the quick tests."""

    def __init__(self) -> None:
        self.url = ""
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
        for _ in range(_TRIES):
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            self._process = subprocess.Popen(
                [sys.executable, str(STANDIN), str(port)], env=environment, stderr=subprocess.DEVNULL
            )
            eventually(lambda: self._answers() or self._process.poll() is not None, "the provider answers")
            if self._process.poll() is None:
                return self
        raise AssertionError("the provider does not start")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return self._session.get(f"{self.url}/control", timeout=5).ok
        except requests.ConnectionError:
            return False

    def account(self, subject: str, name: str, *groups: str, **claims: Any) -> None:
        """Make or change an account."""
        content = {"preferred_username": name, "groups": [f"/{group}" for group in groups], **claims}
        self._session.put(f"{self.url}/users/{subject}", json=content, timeout=5).raise_for_status()

    def revoke(self, subject: str) -> None:
        """End every token of an account."""
        self._session.post(f"{self.url}/users/{subject}/revoke-tokens", timeout=5).raise_for_status()

    def fault(self, **faults: Any) -> None:
        """From now on this goes wrong, and what went wrong before does not; calls are counted anew."""
        self._session.post(f"{self.url}/control", json=faults, timeout=5).raise_for_status()

    def calls(self) -> list[str]:
        """What was asked since the last change of faults."""
        return list(self._session.get(f"{self.url}/control", timeout=5).json()["calls"])


def provider_settings(issuer: str, secret_file: Path, **changes: Any) -> dict[str, Any]:
    """How the hub is told of a provider; nothing is checked again for a long time unless a change says so."""
    return {
        "name": "the tests' provider",
        "issuer": issuer,
        "internal_url": None,
        "ca_file": None,
        "client_id": "jupyterhub",
        "secret_file": str(secret_file),
        "public_url": "",
        "scopes": ["openid", "profile", "email", "offline_access"],
        "username_claim": "preferred_username",
        "groups_claim": "groups",
        "admin_groups": ["staff/admins"],
        "allowed_groups": ["science"],
        "refresh_seconds": 1,
        "outage_grace_seconds": 3600,
        "session_max_seconds": 604_800,
        "single_logout": True,
        "ends_by_form": False,
        "logout_url": None,
        **changes,
    }


def provider_hub(folder: Path, issuer: str, auth: dict[str, Any] | None = None, **changes: Any) -> RealHub:
    """A hub that is not started yet, with the secret of the tests.

    Args:
        auth: changes of its settings of who may come in.
        changes: of the provider's settings.
    """
    secret = folder / "client-secret"
    folder.mkdir(parents=True, exist_ok=True)
    secret.write_text(SECRET)
    told = provider_settings(issuer, secret, **changes)
    login = {**AUTH, "kind": "oidc", "admin_users": [], "allow_all": False, **(auth or {})}
    return RealHub(folder / "stack", auth=login, provider=told, vault=None)


class Browser:
    """A browser that signs in at the stand-in."""

    def __init__(self, hub: RealHub) -> None:
        self.hub = hub
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(f"{self.hub.url}{path}", timeout=30, **options)

    def sign_in(self, subject: str) -> requests.Response:
        """The page after the sign-in of an account."""
        form = self.get("/hub/oauth_login?next=%2Fhub%2Fhome")
        if not form.ok:
            return form
        return self.session.post(form.url, data={"sub": subject}, timeout=30)

    def home(self) -> requests.Response:
        """The user's own page, or where the hub sends the browser instead."""
        return self.get("/hub/home")

    def signed_in(self) -> bool:
        found = self.home()
        return found.ok and found.url.endswith("/hub/home")

    def api_token(self) -> str:
        """A token for the hub's API, as users make them on their page."""
        name = re.search(r'user: "([^"]*)"', self.home().text) or re.search(r"/user/([^/\"]+)", self.home().text)
        assert name
        answer = self.session.post(
            f"{self.hub.url}/hub/api/users/{name[1]}/tokens",
            headers={"X-XSRFToken": self.session.cookies.get("_xsrf", path="/hub/") or "", "Referer": self.hub.url},
            json={"note": "tests"},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])


def text_of(page: requests.Response) -> str:
    """What people read of a page."""
    body = re.sub(r"(?s)<(script|style|head).*?</\1>", " ", page.text)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())
