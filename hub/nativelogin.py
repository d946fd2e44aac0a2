"""Users with a password of this hub: NativeAuthenticator, guarded. Imported only where that is the login.

What the base leaves open and is closed here: a password check that stops the hub's loop for a quarter of a
second, an answer whose time tells whether a name exists, an error page for a password of more than 72 bytes,
and a removed user's name that anybody may sign up with, to find the home and the secrets that were kept.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from jupyterhub import orm
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.orm import UserInfo
from tornado import web

from hub.ratelimit import RateLimit

_LONGEST_PASSWORD_BYTES = 72
"""bcrypt reads no further."""
_NO_PASSWORD = b"$2b$12$" + b"." * 53
"""Has the form and the cost of a real one, and fits no password that anybody knows."""
_TRIES, _NEXT_TRY_SECONDS = 10, 60.0
_TOO_MANY_TRIES = "Too many failed logins for this name. Try again in a minute."


class PasswordLogin(NativeAuthenticator):  # type: ignore[misc]
    """Accounts are made by `inv user.add`, or by anybody where sign-up is open."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Called by JupyterHub."""
        super().__init__(*args, **kwargs)
        self._tries = RateLimit(_TRIES, _NEXT_TRY_SECONDS)
        # Two at once: a flood of logins must not take the whole machine.
        self._hashing = ThreadPoolExecutor(2, "password")

    async def authenticate(self, _handler: Any, data: dict[str, str]) -> str | None:
        """The name if name and password belong together."""
        name, password = self.normalize_username(data.get("username", "")), data.get("password", "")
        if not self._tries.allows(name):
            raise web.HTTPError(403, _TOO_MANY_TRIES)
        account = self.get_user(name)
        known = account is not None and account.is_authorized
        kept = account.password if known else _NO_PASSWORD
        if not await self._matches(password, kept) or not known:
            return None
        self._tries.forgive(name)
        return str(name)

    async def _matches(self, password: str, kept: bytes) -> bool:
        if len(password.encode()) > _LONGEST_PASSWORD_BYTES:
            return False
        # An object of its own, since the session and what it holds belong to the loop's thread.
        check = UserInfo(username="", password=kept).is_valid_password
        return bool(await asyncio.get_running_loop().run_in_executor(self._hashing, check, password))

    def accounts(self) -> set[str]:
        """The names that can sign in."""
        return {account.username for account in UserInfo.all_users(self.db) if account.is_authorized}

    def set_account(self, name: str, password: str) -> None:
        """Make the account, or give it a new password."""
        account = self.get_user(name)
        if account is None:
            account = UserInfo(username=name, password=_NO_PASSWORD)
            self.db.add(account)
        account.is_authorized = True
        self.change_password(name, password)
        self._tries.forgive(name)

    def remove_account(self, name: str) -> None:
        """Nobody can sign in with it any more; the name stays taken, for home and secrets stay as well."""
        if (account := self.get_user(name)) is not None:
            account.is_authorized, account.password = False, _NO_PASSWORD
            self.db.commit()

    def is_password_strong(self, password: str) -> bool:
        """Whether a new password may be used."""
        return not self.password_fault(password)

    def password_fault(self, password: str) -> str:
        """What is wrong with a new password; empty when nothing is."""
        if len(password) < self.minimum_password_length:
            return f"The password is too short: at least {self.minimum_password_length} characters are needed."
        if not password.isprintable():
            return "The password holds a character that cannot be typed."
        if len(password.encode()) > _LONGEST_PASSWORD_BYTES:
            return f"The password is too long: at most {_LONGEST_PASSWORD_BYTES} bytes are read."
        return ""

    def create_user(self, username: str, password: str, **more: Any) -> Any:
        """Sign-up by the user: not under a name that is somebody's, or an administrator's to be."""
        name = self.normalize_username(username)
        if name in self.admin_users or orm.User.find(self.db, name) is not None:
            return None
        return super().create_user(username, password, **more)

    def delete_user(self, user: Any) -> None:
        """Called when the hub deletes a user."""
        self.remove_account(user.name)
        super(NativeAuthenticator, self).delete_user(user)
