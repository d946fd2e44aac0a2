"""The hub's REST API as the admin service uses it."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from spec.errors import StackError

_PAGE = 200
"""Users; the most that JupyterHub gives in one answer (`api_page_max_limit`)."""


class HubApi:
    """Calls with one service token; each error names what was asked."""

    def __init__(self, url: str, token: str) -> None:
        """Args: url: of the hub's API, such as `http://127.0.0.1:8081/hub/api`."""
        self._url = url.rstrip("/")
        self._token = token
        self.timeout_seconds: float | None = None
        """How long to wait for an answer; None for as long as usual."""

    def accounts(self) -> list[dict[str, Any]]:
        """The users who can sign in with a password."""
        return list(self._call("GET", "stack/users", "listing users")["users"])

    def add_account(self, name: str, password: str, admin: bool) -> None:
        """Add a user who signs in with a password."""
        body = {"name": name, "password": password, "admin": admin}
        self._call("POST", "stack/users", f"adding {name}", body)

    def set_password(self, name: str, password: str) -> None:
        """Give a user a new password."""
        path = f"stack/users/{quote(name, safe='')}/password"
        self._call("PUT", path, f"setting the password of {name}", {"password": password})

    def remove_account(self, name: str) -> None:
        """Remove a user: the server stops, the account goes, the home stays."""
        self._call("DELETE", f"stack/users/{quote(name, safe='')}", f"removing {name}")

    def servers(self) -> list[tuple[str, str]]:
        """(user, server name) of each running server."""
        users = self._users("&state=active")
        return [(user["name"], server) for user in users for server in user.get("servers") or {}]

    def stop_server(self, user: str, server: str) -> None:
        """Stop one server, which also revokes its tokens; the hub may take some seconds after the answer."""
        path = f"users/{quote(user, safe='')}/" + (f"servers/{quote(server, safe='')}" if server else "server")
        self._call("DELETE", path, f"stopping the server of {user}")

    def vault_accessor(self) -> str:
        """Of the Vault token that a hub in a cluster uses now; empty when it cannot use one."""
        return str(self._call("GET", "stack/health", "asking the hub for its health").get("vault_accessor") or "")

    def release(self, name: str) -> None:
        """Free a name that is bound to an account of the provider."""
        self._call("DELETE", f"stack/bindings/{quote(name, safe='')}", f"releasing {name}")

    def login_secrets(self) -> list[str]:
        """Fingerprints of the secrets with which the hub can prove itself to the provider."""
        return list(self._call("GET", "stack/login", "asking the hub for its login")["secrets"])

    def provider(self) -> dict[str, Any]:
        """How the hub reaches its provider now: `fault`, empty when it does, and `answered`, when it last did."""
        return dict(self._call("GET", "stack/login/provider", "asking the hub for its provider"))

    def names(self) -> list[str]:
        """Every user of the hub."""
        return [str(user["name"]) for user in self.users()]

    def users(self) -> Iterator[dict[str, Any]]:
        """Every user as the hub describes one."""
        return self._users("")

    def health(self) -> list[str]:
        """What is not as declared in the running configuration of a hub in a cluster."""
        return list(self._call("GET", "stack/health", "asking the hub for its health")["problems"])

    def ensure_user(self, name: str) -> None:
        """Make a user of this name unless there is one."""
        self._call("POST", f"users/{quote(name, safe='')}", f"making user {name}", passes=(409,))

    def remove_user(self, name: str) -> None:
        """Remove a user and stop the server; one that is gone is no error."""
        path = f"users/{quote(name, safe='')}"
        self._call("DELETE", f"{path}/server", f"stopping the server of {name}", passes=(400, 404))
        self._call("DELETE", path, f"removing user {name}", passes=(404,))

    def start_server(self, user: str) -> None:
        """Start the user's server with the default profile."""
        self._call("POST", f"users/{quote(user, safe='')}/server", f"starting the server of {user}", {})

    def server_state(self, user: str) -> str:
        """`ready`, `stopped`, or what the hub waits for."""
        found = self._call("GET", f"users/{quote(user, safe='')}", f"asking for the server of {user}")
        server = (found.get("servers") or {}).get("")
        if server is None:
            return "stopped"
        return "ready" if server["ready"] else str(server.get("pending") or "starting")

    def user(self, name: str) -> dict[str, Any] | None:
        """A user as the hub describes one; None where there is none of this name."""
        found = self._call("GET", f"users/{quote(name, safe='')}", f"asking for user {name}", passes=(404,))
        return found if "name" in found else None

    def last_failure(self, user: str) -> str:
        """Why the last start of the user's stopped server failed; empty when it did not, or nobody remembers."""
        path = f"users/{quote(user, safe='')}/server/progress"
        said = self._call("GET", path, f"asking for the server of {user}", passes=(400, 404))
        events = [json.loads(line[5:]) for line in str(said).splitlines() if line.startswith("data:")]
        return next((str(event["message"]) for event in events if event.get("failed")), "")

    def mint(self, user: str, scopes: Sequence[str], expires_seconds: int, note: str) -> dict[str, Any]:
        """Make a token of a user: its `id`, and the `token` itself, which nobody can be told again.

        Args:
            note: what the user reads of it on the hub's page of tokens.
        """
        body = {"scopes": list(scopes), "expires_in": expires_seconds, "note": note}
        return dict(self._call("POST", f"users/{quote(user, safe='')}/tokens", f"making a token of {user}", body))

    def tokens(self, user: str) -> list[dict[str, Any]]:
        """The tokens of a user, without their secrets."""
        found = self._call("GET", f"users/{quote(user, safe='')}/tokens", f"listing tokens of {user}")
        return list(found["api_tokens"])

    def revoke(self, user: str, token_id: str) -> None:
        """End a token; one that is gone is no error."""
        path = f"users/{quote(user, safe='')}/tokens/{quote(token_id, safe='')}"
        self._call("DELETE", path, f"ending a token of {user}", passes=(404,))

    def _users(self, query: str) -> Iterator[dict[str, Any]]:
        """Page by page: the hub answers with 50 at most unless it is asked for more."""
        for offset in itertools.count(0, _PAGE):
            page = self._call("GET", f"users?offset={offset}&limit={_PAGE}{query}", "listing users")
            yield from page
            if len(page) < _PAGE:
                return

    def _call(self, method: str, path: str, what: str, body: Any = None, passes: tuple[int, ...] = ()) -> Any:
        """Args: passes: statuses of a failure that is none here."""
        from apply import rest  # an install that changes nothing asks nobody

        headers = {"Authorization": f"token {self._token}"}
        status, answer = rest.call(
            method,
            f"{self._url}/{path}",
            what="the hub",
            headers=headers,
            body=body,
            timeout=self.timeout_seconds or rest.TIMEOUT_SECONDS,
        )
        if status >= 400 and status not in passes:
            said = answer.get("message") if isinstance(answer, dict) else None
            raise StackError(f"{what}: {said or f'the hub answered {status}'}")
        return answer
