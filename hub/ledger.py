"""Which notebook tokens exist for which server: accessors, never tokens, in a table of the hub's database.

A table and not the spawner's state, because the hub deletes that with the user or the named server, and a
token must be revocable after both. JupyterHub makes the table with its own ones when it opens the database.
"""

from typing import Any

from jupyterhub import orm
from sqlalchemy import Boolean, Column, Table, Unicode, delete, exists, insert, select, update

from hub.hubtables import change

_NAME = Unicode(255)

TOKENS = Table(
    "buunstack_vault_tokens",
    orm.Base.metadata,
    Column("accessor", _NAME, primary_key=True),
    Column("user_name", _NAME, nullable=False, index=True),
    Column("server_name", _NAME, nullable=False),
    # Its server has stopped, so it should be dead; a new server of the same name may run already.
    Column("ended", Boolean, nullable=False, default=False),
)


class Ledger:
    """The table, through the hub's one session. Every change is committed before the method returns."""

    def __init__(self, db: Any) -> None:
        """Args: db: JupyterHub's SQLAlchemy session."""
        self._db = db

    def add(self, accessor: str, user: str, server: str) -> None:
        """Note a token before anybody gets it."""
        change(self._db, insert(TOKENS).values(accessor=accessor, user_name=user, server_name=server))

    def end(self, user: str, server: str) -> None:
        """Note that the server has stopped."""
        of_server = (TOKENS.c.user_name == user) & (TOKENS.c.server_name == server)
        change(self._db, update(TOKENS).where(of_server).values(ended=True))

    def forget(self, accessors: list[str]) -> None:
        """Drop tokens that are dead."""
        change(self._db, delete(TOKENS).where(TOKENS.c.accessor.in_(accessors)))

    def ended(self, user: str, server: str) -> list[str]:
        """Accessors of one server's former runs."""
        of_server = (TOKENS.c.user_name == user) & (TOKENS.c.server_name == server)
        return self._accessors(select(TOKENS.c.accessor).where(of_server & TOKENS.c.ended))

    def left_behind(self) -> list[str]:
        """Accessors whose server has stopped or is gone, with its user or without."""
        of_token = (orm.User.name == TOKENS.c.user_name) & (orm.Spawner.name == TOKENS.c.server_name)
        runs = exists().where(orm.Spawner.user_id == orm.User.id, orm.Spawner.server_id.is_not(None), of_token)
        return self._accessors(select(TOKENS.c.accessor).where(TOKENS.c.ended | ~runs))

    def _accessors(self, query: Any) -> list[str]:
        return list(self._db.execute(query).scalars())
