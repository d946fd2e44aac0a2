"""`GET /hub/api/stack/usage?since=SECONDS`: who has run which server for how long. Touches the database."""

import json
from datetime import UTC, datetime
from typing import Any

from jupyterhub import orm
from jupyterhub.utils import isoformat, utcnow
from sqlalchemy import func, or_, select
from tornado import web

from hub.managing import ManagingHandler
from hub.names import segment
from hub.runs import KEPT_DAYS, Runs

_OWN_CLIENT = "jupyterhub"
"""Of tokens that the hub itself makes, and not a sign-in at a service (jupyterhub/orm.py, APIToken)."""
_OF_SERVER = "Server at "
"""How the note of a server's token begins (jupyterhub/user.py)."""


class UsageHandler(ManagingHandler):
    """All users and their runs."""

    def get(self) -> None:
        """What is noted since a moment, in seconds since 1970."""
        try:
            since = datetime.fromtimestamp(int(self.get_argument("since")), UTC).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):
            raise web.HTTPError(400, "since must be a number of seconds since 1970.") from None
        runs, tokens = Runs(self.db), self._tokens()
        users = [_row(user, tokens.get(user.id, 0)) for user in self.db.query(orm.User).order_by(orm.User.name)]
        content = {"users": users, "runs": runs.since(since), "noted_since": runs.first(), "kept_days": KEPT_DAYS}
        self.finish(json.dumps(content))

    def _tokens(self) -> dict[int, int]:
        """User's number -> how many living tokens were made for the user: neither by a sign-in nor for a server."""
        token = orm.APIToken
        made = (token.client_id == _OWN_CLIENT) & token.session_id.is_(None) & token.user_id.is_not(None)
        lives = or_(token.expires_at.is_(None), token.expires_at > utcnow(with_tz=False))
        own = or_(token.note.is_(None), token.note.not_like(f"{_OF_SERVER}%"))
        counted = select(token.user_id, func.count()).where(made & lives & own).group_by(token.user_id)
        return {int(user): int(count) for user, count in self.db.execute(counted)}


def _row(user: Any, tokens: int) -> dict[str, Any]:
    last = user.last_activity
    told = None if last is None else isoformat(last)
    # `folder`: of the home, where homes are folders of one machine.
    return {"name": user.name, "folder": segment(user.name), "last_activity": told, "tokens": tokens}


ROUTES: list[tuple[str, type, dict[str, Any]]] = [(r"/api/stack/usage", UsageHandler, {})]
