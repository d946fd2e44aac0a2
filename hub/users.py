"""`/hub/api/stack/users`: users who sign in with a password, for `inv user.*`. Touches the database."""

import json
from typing import Any

from jupyterhub import orm
from jupyterhub.roles import assign_default_roles
from jupyterhub.utils import isoformat, maybe_future
from tornado import web

from hub.managing import ManagingHandler, is_operator
from hub.roles import ADMIN_SERVICE


class _AccountsHandler(ManagingHandler):
    """What the handlers of accounts have in common."""

    def _fields(self, **kinds: type) -> dict[str, Any]:
        """The body's fields. JupyterHub's own reader would log a body that is not JSON, password and all."""
        try:
            body = json.loads(self.request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict) or body.keys() != kinds.keys():
            raise web.HTTPError(400, f"The body must be a JSON object with exactly: {', '.join(kinds)}.")
        for name, kind in kinds.items():
            if not isinstance(body[name], kind):
                raise web.HTTPError(400, f"{name} must be a {kind.__name__}.")
        return body

    def _name(self, name: str) -> str:
        name = str(self.authenticator.normalize_username(name))
        if not self.authenticator.validate_username(name):
            raise web.HTTPError(
                400,
                f"{name!r} cannot be a user's name: use letters, digits and . _ - @ +, and not too many.",
            )
        return name

    def _set_password(self, name: str, password: str) -> None:
        if fault := self.authenticator.password_fault(password):
            raise web.HTTPError(400, fault)
        self.authenticator.set_account(name, password)


class AccountListHandler(_AccountsHandler):
    """All users."""

    def get(self) -> None:
        """Every user of the hub, with or without a password, by name."""
        accounts = self.authenticator.accounts()
        users = {user.name: user for user in self.db.query(orm.User)}
        rows = [_row(name, users.get(name), name in accounts) for name in sorted(accounts | users.keys())]
        self.finish(json.dumps({"users": rows}))

    async def post(self) -> None:
        """Add a user."""
        fields = self._fields(name=str, password=str, admin=bool)
        name = self._name(fields["name"])
        if fields["admin"] and not self._may_make_admins():
            raise web.HTTPError(403, f"Only administrators and {ADMIN_SERVICE} can make an administrator.")
        if name in self.authenticator.accounts():
            raise web.HTTPError(409, f"{name} can sign in already; `inv user.passwd {name}` sets a new password.")
        self._set_password(name, fields["password"])
        user = self.user_from_username(name)
        user.admin = user.admin or fields["admin"] or name in self.authenticator.admin_users
        assign_default_roles(self.db, entity=user)
        self.db.commit()
        await maybe_future(self.authenticator.add_user(user))
        self.set_status(201)
        self.finish(json.dumps(_row(name, user, True)))

    def _may_make_admins(self) -> bool:
        return bool(getattr(self.current_user, "admin", False)) or is_operator(self.current_user)


class AccountHandler(_AccountsHandler):
    """One user."""

    async def delete(self, name: str) -> None:
        """Stop every server of the user, which revokes their tokens, and remove the user. The home stays."""
        name = self.authenticator.normalize_username(name)
        user = self.find_user(name)
        if user is None and name not in self.authenticator.accounts():
            raise web.HTTPError(404, f"There is no user {name}.")
        self.authenticator.remove_account(name)
        if user is not None:
            await self._remove(user)
        self.set_status(204)

    async def _remove(self, user: Any) -> None:
        for spawner in list(user.spawners.values()):
            if spawner.pending:
                raise web.HTTPError(409, f"A server of {user.name} is busy ({spawner.pending}). Try again in a moment.")
            if spawner.ready:
                await (await self.stop_single_user(user, spawner.name))
        await maybe_future(self.authenticator.delete_user(user))
        await user.delete_spawners()
        self.users.delete(user)


class PasswordHandler(_AccountsHandler):
    """A user's password."""

    def put(self, name: str) -> None:
        """Set a new one."""
        name = self._name(name)
        if name not in self.authenticator.accounts():
            raise web.HTTPError(404, f"{name} has no password here; `inv user.add {name}` makes the account.")
        self._set_password(name, self._fields(password=str)["password"])
        self.set_status(204)


def _row(name: str, user: Any, has_password: bool) -> dict[str, Any]:
    return {
        "name": name,
        "admin": bool(user is not None and user.admin),
        "last_activity": isoformat(user.last_activity) if user is not None and user.last_activity else None,
        "has_password": has_password,
    }


ROUTES: list[tuple[str, type, dict[str, Any]]] = [
    (r"/api/stack/users", AccountListHandler, {}),
    (r"/api/stack/users/([^/]+)", AccountHandler, {}),
    (r"/api/stack/users/([^/]+)/password", PasswordHandler, {}),
]
