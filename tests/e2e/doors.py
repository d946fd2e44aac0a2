"""What a token opens of ada's: the hub's API, the notebook server's, the server's MCP, and the hub's own MCP."""

from typing import Any

import requests

from apply.tokens import default_scopes
from tests.e2e.stack import eventually

BEGIN = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}},
}
CODE = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {
        "name": "execute_code",
        "arguments": {"code": "import os; print(os.environ['JUPYTERHUB_USER'])"},
    },
}
_NOTHING = (403, 403, 403, 401)
OPENED = {
    "its user's": (200, 200, 200, "ada"),
    "none": _NOTHING,
    "wrong": _NOTHING,
    "expired": _NOTHING,
    "revoked": _NOTHING,
    "another user's": (404, 403, 403, "bob"),
    "the service's": (200, 403, 403, "hub"),
    "the server's own": (200, 200, 200, "ada"),
}
"""Every kind of token: three statuses, and whose server the hub's MCP reaches, or the status of its refusal."""


FORGETS_SECONDS = 45
"""A notebook server asks the hub again after 30 s at the latest."""


class Doors:
    """One platform."""

    def __init__(self, url: str, service_token: str, verify: str | bool = True) -> None:
        self.url, self.service_token, self.verify = url, service_token, verify

    def ask(self, method: str, path: str, token: str | None, body: Any = None) -> requests.Response:
        """One request as a program sends it, without cookies."""
        headers = {"Connection": "close"} | ({"Authorization": f"token {token}"} if token else {})
        session = requests.Session()
        session.trust_env = False
        return session.request(
            method,
            f"{self.url}{path}",
            headers=headers,
            json=body,
            timeout=120,
            allow_redirects=False,
            verify=self.verify,
        )

    def token(self, user: str, **wanted: Any) -> str:
        """A new token of a user, who is made when new."""
        wanted = {"expires_in": 3600, "scopes": default_scopes(user), **wanted}
        self.ask("POST", f"/hub/api/users/{user}", self.service_token)
        answer = self.ask("POST", f"/hub/api/users/{user}/tokens", self.service_token, wanted)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def revoke(self, user: str, token: str) -> None:
        identity = self.ask("GET", "/hub/api/user", token).json()["token_id"]
        gone = self.ask("DELETE", f"/hub/api/users/{user}/tokens/{identity}", self.service_token)
        assert gone.status_code == 204, gone.text

    def opened(self, token: str | None) -> tuple[int, int, int, int | str]:
        """As a value of `OPENED`."""
        return (
            self.ask("GET", "/hub/api/users/ada", token).status_code,
            self.ask("GET", "/user/ada/api/contents", token).status_code,
            self.ask("POST", "/user/ada/mcp", token, BEGIN).status_code,
            self.taken_for(token),
        )

    def taken_for(self, token: str | None) -> int | str:
        """Whose server the hub's MCP reaches, `hub` for none, or the status of a refusal."""
        answer = self.ask("POST", "/services/mcp", token, CODE)
        if answer.status_code != 200:
            return answer.status_code
        content = answer.json()
        return "hub" if "error" in content else str(content["result"]["content"][0]["text"]).strip()

    def table(self, own_server: str, another: str) -> dict[str, tuple[int, int, int, int | str]]:
        """As `OPENED`, with what each kind of token opens now.

        Args:
            own_server: the token of ada's server.
            another: a token of another user.
        """
        short, revoked = self.token("ada", expires_in=20), self.token("ada")
        assert self.opened(revoked) == self.opened(short) == OPENED["its user's"]
        self.revoke("ada", revoked)
        found = {
            "its user's": self.opened(self.token("ada")),
            "none": self.opened(None),
            "wrong": self.opened("0" * 32),
            "another user's": self.opened(another),
            "the service's": self.opened(self.service_token),
            "the server's own": self.opened(own_server),
        }
        # The hub and its endpoint refuse a revoked token at once, a notebook server a little later.
        assert (self.opened(revoked)[0], self.opened(revoked)[3]) == (403, 401)
        for name, token in (("revoked", revoked), ("expired", short)):
            eventually(lambda token=token: self.opened(token)[2] == 403, f"{name} is refused", FORGETS_SECONDS)
            found[name] = self.opened(token)
        return found
