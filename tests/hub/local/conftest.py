"""Spawners as JupyterHub makes them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from sqlalchemy.orm import Session

from hub.local.spawner import LocalSpawner
from tests.hub.local.servers import Make, run, server


@pytest.fixture
def database() -> Iterator[Session]:
    """JupyterHub's own, empty."""
    session = orm.new_session_factory("sqlite:///:memory:")()
    yield session
    session.close()
    session.get_bind().dispose()


@pytest.fixture
def make(database: Session, tmp_path: Path) -> Iterator[Make]:
    """Makes spawners as JupyterHub does, and ends what they leave running."""
    made: list[LocalSpawner] = []

    def spawner(name: str = "alice", **traits: Any) -> LocalSpawner:
        row = database.query(orm.User).filter_by(name=name).first() or orm.User(name=name)
        database.add(row)
        database.commit()
        user = User(row, {})
        settings = {"state_dir": str(tmp_path), "cmd": server(), "term_timeout": 3, **traits}
        made.append(user._new_spawner("", spawner_class=LocalSpawner, user=user, hub=Hub(), **settings))
        return made[-1]

    yield spawner
    for one in made:
        run(one.stop(now=True))
