"""`inv backup`: one file from which a hub with its users comes back."""

import json
import secrets
import time
from pathlib import Path
from typing import Any

from apply import backuparchive, console
from apply.backuparchive import ACCOUNTS, DATABASE, GENERATIONS, STACK_FILE
from apply.fingerprints import fingerprints
from apply.rescue import Rescue, rescue
from apply.scratch import scratch
from apply.target import Tell
from spec.errors import StackError

_SALT_BYTES = 16


def backup(spec: str, state: str | None, out: str, as_json: bool) -> None:
    """Write the backup, and say what is not in it.

    Raises:
        StackError: nothing is installed, or the file cannot be written.
    """
    found = rescue(spec, state)
    with console.Progress(as_json) as progress, found.target.locked("backup", progress.tell):
        path, manifest = written(found, Path(spec), Path(out) if out else None, progress.tell)
    summary = {key: manifest[key] for key in ("contents", "secrets", "homes", "vault", "named_files")}
    if as_json:
        console.result_json({"file": str(path), **summary})
        return
    for line in _besides(found, manifest):
        console.say(line)
    console.result(str(path))


def written(found: Rescue, spec: Path, out: Path | None, tell: Tell) -> tuple[Path, dict[str, Any]]:
    """Write a backup, and what its manifest says.

    Args:
        out: the file; without it, one of the stack's name and the time, in this folder.

    Raises:
        StackError: nothing is installed, or the file cannot be written.
    """
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = out or Path(f"{found.target.stack.name}-{now}.tar")
    if path.exists():
        raise StackError(f"{path} is there already; nothing was written", hint="another --out FILE")
    with scratch() as folder:
        copy = folder / "jupyterhub.sqlite"
        tell("copying the hub's database")
        found.database.copy(copy)
        inside = found.database.described(copy)
        manifest = _manifest(found, inside, now)
        accounts = json.dumps(inside["users"], indent=2, ensure_ascii=False) + "\n"
        tell("writing the backup")
        members: dict[str, bytes | Path] = {
            DATABASE: copy,
            STACK_FILE: spec.read_bytes(),
            GENERATIONS: found.generations().encode(),
            ACCOUNTS: accounts.encode(),
        }
        backuparchive.write(path, manifest, members)
    return path, manifest


def _manifest(found: Rescue, inside: dict[str, Any], now: str) -> dict[str, Any]:
    stack, salt = found.target.stack, secrets.token_hex(_SALT_BYTES)
    counted = {key: len(inside[key]) for key in ("users", "groups", "servers")}
    return {
        "stack": stack.name,
        "target": stack.target.kind,
        "time": now,
        "versions": found.versions(),
        "contents": {**counted, "tokens": inside["tokens"], "bytes": inside["bytes"]},
        "revisions": inside["revisions"],
        "salt": salt,
        "secrets": fingerprints(found.secrets(), salt),
        "homes": found.homes(),
        "vault": found.vault(),
        "named_files": [file for file in (stack.ca, stack.hub.certificate, stack.hub.key, stack.hub.logo) if file],
    }


def _besides(found: Rescue, manifest: dict[str, Any]) -> list[str]:
    """What has to be kept by other means."""
    inside, homes = manifest["contents"], manifest["homes"]
    counted = ", ".join(f"{inside[key]} {key}" for key in ("users", "groups", "tokens", "servers"))
    lines = [
        f"in it: the hub's database ({counted}), the stack file, what was applied",
        "who has this file can read who your users are and try passwords against their hashes: keep it like a key",
        f"not in it, by their names alone: {len(manifest['secrets'])} secrets in {found.secrets_place()}",
        "  without them: everybody signs in again, and what the hub keeps encrypted (auth state) cannot be read",
        f"not in it: {len(homes)} homes" + "".join(f"\n  {home['where']} ({_size(home)})" for home in homes),
    ]
    if manifest["vault"]:
        lines.append(f"not in it: users' secrets, in {manifest['vault']['where']}")
    if manifest["named_files"]:
        lines.append(f"not in it: files that the stack file names: {', '.join(manifest['named_files'])}")
    return [*lines, "docs/backup.md says how each of them is kept"]


def _size(home: dict[str, Any]) -> str:
    return str(home["capacity"]) if "capacity" in home else f"{home['bytes'] / 2**20:.1f} MiB"
