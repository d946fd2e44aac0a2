"""The hub's SQLite database from outside of the hub: `python database.py copy|describe|place ...`, one JSON result.

One file with the standard library alone, since a pod gets it as an argument of its Python. Touches files.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

_LOCK_SECONDS = 30.0
"""How long a hub that writes is waited for."""
_NEEDED = {"users", "api_tokens", "alembic_version"}
"""Tables without which a file is no database of a hub (jupyterhub/orm.py)."""


class Unfit(Exception):
    """The file is no sound database of a hub; the text says why."""


def copied(source: Path, target: Path) -> None:
    """Make a consistent copy, also while a hub writes (sqlite.org/backup.html); whole or not at all.

    Raises:
        Unfit: there is none, or it is damaged.
    """
    temporary = target.with_name(f".{target.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with _opened(source) as present, contextlib.closing(sqlite3.connect(temporary)) as fresh:
            present.backup(fresh)
        checked(temporary)
        _kept_on_disk(temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def checked(path: Path) -> None:
    """Look whether this is a sound database of a hub.

    Raises:
        Unfit: it is not.
    """
    try:
        with _opened(path) as database:
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error as error:
        raise Unfit(f"it is no SQLite database, or is damaged ({error})") from None
    if said != "ok":
        raise Unfit(f"SQLite says that it is damaged: {said}")
    if missing := sorted(_NEEDED - tables):
        raise Unfit(f"it has no table {missing[0]}, so it is not of a JupyterHub")


def placed(new: Path, at: Path) -> str:
    """Put a database in the place of another, which is kept beside it; the hub must not run.

    May be repeated: the same database is not kept a second time.

    Returns:
        The name of the kept one; empty when there was none, or it was this one already.

    Raises:
        Unfit: the new one is no sound database of a hub.
    """
    checked(new)
    kept = ""
    if at.exists() and _digest(at) != _digest(new):
        # Reading it takes what a killed hub has left in the journal into the file, or back out of it.
        with contextlib.suppress(sqlite3.Error, Unfit), _opened(at) as present:
            present.execute("PRAGMA quick_check(1)")
        kept = f"{at.name}.before-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}"
        _beside(at, at.with_name(kept))
    temporary = at.with_name(f".{at.name}.new")
    shutil.copyfile(new, temporary)
    temporary.chmod(0o600)
    _kept_on_disk(temporary)
    for rest in ("-journal", "-wal", "-shm"):
        at.with_name(at.name + rest).unlink(missing_ok=True)
    temporary.replace(at)
    return kept


def described(path: Path) -> dict[str, Any]:
    """What is in it, without anything that opens a door.

    Raises:
        Unfit: it is no sound database of a hub.
    """
    checked(path)
    with _opened(path) as database:
        groups: dict[int, list[str]] = {}
        for user, group in _rows(
            database, "SELECT m.user_id, g.name FROM user_group_map m JOIN groups g ON g.id = m.group_id ORDER BY 2"
        ):
            groups.setdefault(user, []).append(group)
        logins = dict(_rows(database, "SELECT username, is_authorized FROM users_info"))
        users = [
            {"name": name, "admin": bool(admin), "groups": groups.get(key, []), "has_password": bool(logins.get(name))}
            for key, name, admin in _rows(database, "SELECT id, name, admin FROM users ORDER BY name")
        ]
        servers = _rows(
            database,
            "SELECT u.name, s.name, s.server_id, s.state "
            "FROM spawners s JOIN users u ON u.id = s.user_id ORDER BY 1, 2",
        )
        return {
            "bytes": path.stat().st_size,
            "revisions": sorted(row[0] for row in _rows(database, "SELECT version_num FROM alembic_version")),
            "users": users,
            "groups": [row[0] for row in _rows(database, "SELECT name FROM groups ORDER BY name")],
            "tokens": _rows(database, "SELECT count(*) FROM api_tokens")[0][0],
            "servers": [_server(*row) for row in servers],
        }


def _server(user: str, name: str, address: int | None, state: str | None) -> dict[str, Any]:
    kept = json.loads(state) if state else {}
    found = {key: kept[key] for key in ("pvc_name", "kubespawner_version") if key in (kept or {})}
    return {"user": user, "server": name or "", "running": address is not None, "state": found, "new": not kept}


def _rows(database: sqlite3.Connection, question: str) -> list[Any]:
    """What a query finds; nothing where this version, or this login, has no such table."""
    try:
        return database.execute(question).fetchall()
    except sqlite3.OperationalError as error:
        if "no such" in str(error):
            return []
        raise


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Writable, as a database that a killed hub has left can only be read by who may repair it; never made anew."""
    if not path.exists():
        raise Unfit(f"there is no database {path.name}")
    with contextlib.closing(
        sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=_LOCK_SECONDS)
    ) as database:
        yield database


def _beside(path: Path, kept: Path) -> None:
    """A second name for the file, so that there is no moment without it; a copy where names cannot be linked."""
    try:
        kept.unlink(missing_ok=True)
        os.link(path, kept)
    except OSError:
        shutil.copyfile(path, kept)
        kept.chmod(0o600)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _kept_on_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def answered(action: str, *paths: str) -> dict[str, Any]:
    """Do one action, with its result or the reason against it."""
    files = [Path(path) for path in paths]
    try:
        if action == "copy":
            copied(*files)
            return {}
        if action == "place":
            return {"kept": placed(*files)}
        return described(*files)
    except (Unfit, sqlite3.Error, OSError) as error:
        return {"fault": str(error)}


if __name__ == "__main__":
    print(json.dumps(answered(*sys.argv[1:])))
