"""The hub's REST API as the admin service uses it."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from spec.errors import StackError, TargetUnreachable

_PAGE = 200
"""Users; the most that JupyterHub gives in one answer (`api_page_max_limit`)."""
_FORBIDDEN, _NOT_FOUND, _THERE_ALREADY = 403, 404, 409


class HubRefused(StackError):
    """The hub says no to what was asked."""

    def __init__(self, status: int, message: str) -> None:
        """Args: status: of the answer."""
        super().__init__(message)
        self.status = status


class TokenRefused(TargetUnreachable):
    """The hub does not know the token of its admin service: another one was put in its place, or it was lost."""


class HubApi:
    """Calls with one service token; each error names what was asked."""

    def __init__(self, url: str, token: str, renewed: Callable[[], str | None] = lambda: None) -> None:
        """Touches nothing yet.

        Args:
            url: of the hub's API, such as `http://127.0.0.1:8081/hub/api`.
            renewed: reads the token from its place again, where a rotation may have put another one meanwhile.
        """
        self._url = url.rstrip("/")
        self._token = token
        self._renewed = renewed
        self.timeout_seconds: float | None = None
        """How long to wait for an answer; None for as long as usual."""

    def acting_with(self, token: str) -> "HubApi":
        """The same hub, with this token and no other."""
        return HubApi(self._url, token)

    def user(self, name: str) -> dict[str, Any] | None:
        """What the hub knows of a user; None when there is none."""
        found = self._call("GET", _user(name), f"asking for user {name}", passes=(_NOT_FOUND,))
        return found if isinstance(found, dict) and "name" in found else None

    def create_user(self, name: str) -> str | None:
        """Make a user; the name as the hub writes it. None when somebody has it already.

        Raises:
            HubRefused: nobody can have this name.
        """
        made = self._call("POST", "users", f"making user {name}", {"usernames": [name]}, passes=(_THERE_ALREADY,))
        return str(made[0]["name"]) if isinstance(made, list) else None

    def mint(self, user: str, scopes: Sequence[str], expires_seconds: int | None, note: str) -> dict[str, Any]:
        """Make a token of a user, which is in the answer's `token` and nowhere else.

        Args:
            expires_seconds: its life; None for one that never ends.

        Raises:
            HubRefused: 400 when the user has not these rights, or there are none of that name.
        """
        body = {"scopes": list(scopes), "expires_in": expires_seconds, "note": note}
        made = self._call("POST", f"{_user(user)}/tokens", f"making a token of {user}", body)
        return dict(made)

    def tokens(self, user: str) -> list[dict[str, Any]]:
        """A user's tokens, those of sign-ins and servers among them.

        Raises:
            HubRefused: 404 when there is no such user.
        """
        return list(self._call("GET", f"{_user(user)}/tokens", f"listing tokens of {user}")["api_tokens"])

    def revoke(self, user: str, token_id: str) -> None:
        """End one token of a user.

        Raises:
            HubRefused: 404 when there is no such user or token.
        """
        path = f"{_user(user)}/tokens/{quote(token_id, safe='')}"
        self._call("DELETE", path, f"revoking token {token_id} of {user}")

    def register_service_token(self, token: str) -> None:
        """Make the hub take this token of the admin service beside the present one."""
        self._call("PUT", "stack/service-token", "bringing the hub another token", {"token": token})

    def end_former_service_tokens(self) -> int:
        """End all tokens of the admin service but the one of this call; how many there were."""
        answer = self._call("DELETE", "stack/service-token", "ending former tokens of the admin service")
        return int(answer["ended"])

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

    def usage(self, since: int) -> dict[str, Any]:
        """Users and the runs of their servers since a moment, in seconds since 1970."""
        return dict(self._call("GET", f"stack/usage?since={since}", "asking the hub for usage"))

    def servers(self) -> list[tuple[str, str]]:
        """(user, server name) of each running server."""
        return [(server["user"], server["name"]) for server in self.running()]

    def running(self) -> list[dict[str, Any]]:
        """Each server that runs, starts or stops, as the hub tells it, with its `user`."""
        users = self._users("&state=active")
        return [{"user": user["name"], **server} for user in users for server in (user.get("servers") or {}).values()]

    def stop_server(self, user: str, server: str) -> None:
        """Stop one server, which also revokes its tokens; the hub may take some seconds after the answer."""
        self._call("DELETE", _server(user, server), f"stopping the server of {user}")

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
        self._call("POST", _user(name), f"making user {name}", passes=(_THERE_ALREADY,))

    def remove_user(self, name: str) -> None:
        """Remove a user and stop the server; one that is gone is no error."""
        path = _user(name)
        self._call("DELETE", f"{path}/server", f"stopping the server of {name}", passes=(400, _NOT_FOUND))
        self._call("DELETE", path, f"removing user {name}", passes=(_NOT_FOUND,))

    def start_server(self, user: str, server: str = "", options: dict[str, Any] | None = None) -> None:
        """Start a server; it may be ready a while after the answer.

        Args:
            options: such as `{"profile": SLUG}`; the default profile without.

        Raises:
            HubRefused: it runs already, or cannot start: with the hub's own reason.
        """
        self._call("POST", _server(user, server), f"starting the server of {user}", options or {})

    def spawn_failure(self, user: str, server: str = "") -> str:
        """Why a server that is not starting any more has not come up; empty when the hub does not say."""
        path = f"{_server(user, server)}/progress"
        events = self._call("GET", path, f"asking about the server of {user}", passes=(400, _NOT_FOUND))
        # A line for each event; a server that is still starting would not end it.
        told = [json.loads(line[5:]) for line in str(events or "").splitlines() if line.startswith("data:")]
        return next((str(event["message"]) for event in told if event.get("failed")), "")

    def server_state(self, user: str) -> str:
        """`ready`, `stopped`, or what the hub waits for."""
        found = self._call("GET", _user(user), f"asking for the server of {user}")
        server = (found.get("servers") or {}).get("")
        if server is None:
            return "stopped"
        return "ready" if server["ready"] else str(server.get("pending") or "starting")

    def _users(self, query: str) -> Iterator[dict[str, Any]]:
        """Page by page: the hub answers with 50 at most unless it is asked for more."""
        for offset in itertools.count(0, _PAGE):
            page = self._call("GET", f"users?offset={offset}&limit={_PAGE}{query}", "listing users")
            yield from page
            if len(page) < _PAGE:
                return

    def _call(self, method: str, path: str, what: str, body: Any = None, passes: tuple[int, ...] = ()) -> Any:
        """Args: passes: statuses of a failure that is none here."""
        status, answer = self._send(method, path, body)
        if status == _FORBIDDEN and self._unknown():
            status, answer = self._again(method, path, body)
        if status >= 400 and status not in passes:
            said = answer.get("message") if isinstance(answer, dict) else None
            raise HubRefused(status, f"{what}: {said or f'the hub answered {status}'}")
        return answer

    def _unknown(self) -> bool:
        """Whether the hub does not know the token; else it is a right that lacks."""
        return bool(self._send("GET", "user")[0] == _FORBIDDEN)

    def _again(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """The same with the token that is in its place now."""
        token = self._renewed()
        if token and token != self._token:
            self._token = token
            status, answer = self._send(method, path, body)
            if status != _FORBIDDEN or not self._unknown():
                return status, answer
        message = "the hub does not take the token of its admin service: it was changed elsewhere, or lost"
        raise TokenRefused(message, hint="a hub that starts anew takes the one in its place: docs/tokens.md says how")

    def _send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        from apply import rest  # an install that changes nothing asks nobody

        headers = {"Authorization": f"token {self._token}"}
        return rest.call(
            method,
            f"{self._url}/{path}",
            what="the hub",
            headers=headers,
            body=body,
            timeout=self.timeout_seconds or rest.TIMEOUT_SECONDS,
        )


def _user(name: str) -> str:
    return f"users/{quote(name, safe='')}"


def _server(user: str, server: str) -> str:
    return f"{_user(user)}/servers/{quote(server, safe='')}" if server else f"{_user(user)}/server"
