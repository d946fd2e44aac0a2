"""`GET /hub/api/stack/usage?since=SECONDS`: who has run which server for how long. Touches the database."""

import json
from datetime import UTC, datetime
from typing import Any

from jupyterhub import orm
from jupyterhub.utils import isoformat
from tornado import web

from hub.managing import ManagingHandler
from hub.runs import KEPT_DAYS, Runs


class UsageHandler(ManagingHandler):
    """All users and their runs."""

    def get(self) -> None:
        """What is noted since a moment, in seconds since 1970."""
        try:
            since = datetime.fromtimestamp(int(self.get_argument("since")), UTC).replace(tzinfo=None)
        except (ValueError, OverflowError, OSError):
            raise web.HTTPError(400, "since must be a number of seconds since 1970.") from None
        runs = Runs(self.db)
        users = [_row(user) for user in self.db.query(orm.User).order_by(orm.User.name)]
        content = {"users": users, "runs": runs.since(since), "noted_since": runs.first(), "kept_days": KEPT_DAYS}
        self.finish(json.dumps(content))


def _row(user: Any) -> dict[str, Any]:
    last = user.last_activity
    return {"name": user.name, "last_activity": None if last is None else isoformat(last)}


ROUTES: list[tuple[str, type, dict[str, Any]]] = [(r"/api/stack/usage", UsageHandler, {})]
