"""When servers ran: a line for each run, in a table of the hub's database. Touches the database, the clock.

JupyterHub itself knows when a running server was started, and forgets it at the stop. A table and not a log file,
because a start and its end are one line, the hub's pod has no other place that lasts, and old lines go by a query.
"""

from datetime import datetime, timedelta
from typing import Any

from jupyterhub import orm
from jupyterhub.utils import isoformat, utcnow
from sqlalchemy import Column, DateTime, Integer, Table, Unicode, delete, func, insert, or_, select, update

from hub.hubtables import change

_NAME = Unicode(255)
KEPT_DAYS = 400
"""A year can be compared with the one before its end; then a line goes."""

RUNS = Table(
    "buunstack_runs",
    orm.Base.metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("user_name", _NAME, nullable=False, index=True),
    Column("server_name", _NAME, nullable=False),
    Column("profile", _NAME, nullable=False, default=""),
    Column("gpus", Integer, nullable=False, default=0),
    Column("started", DateTime, nullable=False, index=True),
    # None while it runs.
    Column("ended", DateTime),
    Column("ended_by", _NAME, nullable=False, default=""),
)


class Runs:
    """The table, through the hub's one session. Every change is committed before the method returns."""

    def __init__(self, db: Any) -> None:
        """Args: db: JupyterHub's SQLAlchemy session."""
        self._db = db

    def begin(self, user: str, server: str, profile: str, gpus: int, started: datetime) -> None:
        """Note a server that has come up, and drop what is too old to be asked for."""
        self.end(user, server, started)  # of a run whose end a killed hub has not seen
        line = {"user_name": user, "server_name": server, "profile": profile, "gpus": gpus, "started": started}
        change(self._db, insert(RUNS).values(**line, ended_by=""))
        change(self._db, delete(RUNS).where(RUNS.c.ended < utcnow(with_tz=False) - timedelta(days=KEPT_DAYS)))

    def end(self, user: str, server: str, ended: datetime) -> None:
        """Note that it runs no more."""
        of_run = (RUNS.c.user_name == user) & (RUNS.c.server_name == server) & RUNS.c.ended.is_(None)
        change(self._db, update(RUNS).where(of_run).values(ended=ended))

    def stopped_by(self, user: str, server: str, who: str) -> None:
        """Note who asked for the end of the last run."""
        last = select(func.max(RUNS.c.id)).where((RUNS.c.user_name == user) & (RUNS.c.server_name == server))
        change(self._db, update(RUNS).where(RUNS.c.id == last.scalar_subquery()).values(ended_by=who))

    def since(self, moment: datetime) -> list[dict[str, Any]]:
        """Runs of which any part lies after this moment, the oldest first."""
        recent = select(RUNS).where(or_(RUNS.c.ended.is_(None), RUNS.c.ended > moment)).order_by(RUNS.c.id)
        return [_line(found) for found in self._db.execute(recent).mappings()]

    def first(self) -> str | None:
        """When the oldest run that is noted began; None when none is."""
        found = self._db.execute(select(func.min(RUNS.c.started))).scalar()
        return None if found is None else isoformat(found)


def _line(found: Any) -> dict[str, Any]:
    ended = found["ended"]
    return {
        "user": found["user_name"],
        "server": found["server_name"],
        "profile": found["profile"],
        "gpus": found["gpus"],
        "started": isoformat(found["started"]),
        "ended": None if ended is None else isoformat(ended),
        "ended_by": found["ended_by"],
    }
