"""What a token opens of ada's: the hub's API, the notebook server's, the server's MCP, and the hub's own MCP."""

from typing import Any

import requests

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
SCOPES = ("access:servers!user={0}", "servers!user={0}", "read:users!user={0}")
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
        wanted = {"expires_in": 3600, "scopes": [scope.format(user) for scope in SCOPES], **wanted}
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
