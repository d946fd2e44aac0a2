"""What a stack has in Vault: each object as declared and as it is, and what differs. Pure, given the answers."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apply.plan import Change
from render.vault import ACCESSOR_PLACEHOLDER
from spec.errors import StackError
from spec.quantities import DURATION, seconds

LAYER = "vault"
"""How these changes stand together in a plan."""
_SHOWN_LINES = 12

Read = Callable[[str], dict[str, Any] | None]
"""The `data` at a path; None where nothing is."""


@dataclass(frozen=True)
class ClusterKeys:
    """With what a cluster signs the tokens of its service accounts."""

    issuer: str
    pems: list[str]


@dataclass(frozen=True)
class VaultObject:
    """One thing that Vault keeps for a stack."""

    title: str
    path: str
    body: dict[str, Any]
    """Everything that is declared of it."""
    live: dict[str, Any] | None


def objects(declared: dict[str, Any], read: Read, keys: ClusterKeys | None) -> list[VaultObject]:
    """Each object with what is there, in the order in which they can be made.

    Args:
        declared: the artifact; `kv_mount` and `login` are a cluster's alone.
        keys: of that cluster.

    Raises:
        StackError: the mount is there and is of another kind.
    """
    texts = declared["policies"]
    templated = any(ACCESSOR_PLACEHOLDER in text for text in texts.values())
    methods = (read("sys/auth") or {}) if templated or keys is not None else {}
    accessor = methods["token/"]["accessor"] if templated else ""
    found = [_kv(declared["kv_mount"], read)] if "kv_mount" in declared else []
    found += [policy(name, text.replace(ACCESSOR_PLACEHOLDER, accessor), read) for name, text in texts.items()]
    if keys is not None:
        found += _login(declared["login"], methods, read, keys)
    roles = dict(declared["token_roles"])
    if "admin" in declared:
        roles[declared["admin"]["role"]] = declared["admin"]["body"]
    for name, body in roles.items():
        path = f"auth/token/roles/{name}"
        found.append(VaultObject(f"token role {name}", path, body, read(path)))
    return found


def policy(name: str, text: str, read: Read) -> VaultObject:
    """A policy as declared and as it is."""
    path = f"sys/policies/acl/{name}"
    return VaultObject(f"policy {name}", path, {"policy": text}, read(path))


def changes(found: list[VaultObject]) -> list[Change]:
    """What would be written."""
    made = []
    for one in found:
        if one.live is None:
            made.append(Change("create", f"vault {one.title}", layer=LAYER))
        elif lines := _differences(one):
            made.append(Change("update", f"vault {one.title}", tuple(lines[:_SHOWN_LINES]), layer=LAYER))
    return made


def differing(found: list[VaultObject]) -> list[VaultObject]:
    """Those that have to be written."""
    return [one for one in found if one.live is None or _differences(one)]


def astray(found: list[VaultObject]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(titles of what is not there, titles of what is not as declared)."""
    off = differing(found)
    missing = tuple(one.title for one in off if one.live is None)
    return missing, tuple(one.title for one in off if one.live is not None)


def _kv(mount: str, read: Read) -> VaultObject:
    path = f"sys/mounts/{mount}"
    live = read(path)
    if live is not None and (live.get("type"), (live.get("options") or {}).get("version")) != ("kv", "2"):
        message = f"Vault has something else than a KV version 2 mount at {mount}; nothing was changed"
        raise StackError(message, hint="name another one with vault.mount")
    body = {"type": "kv", "options": {"version": "2"}}
    return VaultObject(f"mount {mount}", path, body, live and body)


def _login(login: dict[str, Any], methods: dict[str, Any], read: Read, keys: ClusterKeys) -> list[VaultObject]:
    """The mount comes first: without it there is nothing to read behind it."""
    mount, there = login["mount"], methods.get(f"{login['mount']}/")
    if there and there.get("type") != "jwt":
        message = f"Vault has a login {mount} of type {there.get('type')}; nothing was changed"
        raise StackError(message, hint="give the stack another name")
    keys_of = {"jwt_validation_pubkeys": keys.pems, "bound_issuer": keys.issuer}
    behind = (
        ("keys", f"auth/{mount}/config", keys_of),
        ("role", f"auth/{mount}/role/{login['role']}", login["body"]),
    )
    return [
        VaultObject(f"login {mount}", f"sys/auth/{mount}", {"type": "jwt"}, there),
        *(
            VaultObject(f"{what} of login {mount}", path, body, read(path) if there else None)
            for what, path, body in behind
        ),
    ]


def _differences(one: VaultObject) -> list[str]:
    live = one.live or {}
    lines = []
    for key, wanted in one.body.items():
        there = live.get(key)
        if (_plain(wanted) or None) == (_plain(there) or None):  # Vault leaves out what is empty
            continue
        if isinstance(wanted, str) and "\n" in wanted:
            old, new = str(there or "").splitlines(), wanted.splitlines()
            lines += [line for line in difflib.unified_diff(old, new, n=0, lineterm="") if line[:2] not in ("--", "++")]
        elif key == "jwt_validation_pubkeys":
            lines.append("the cluster signs with other keys now")
        else:
            lines.append(f"{key}: {there} -> {wanted}")
    return lines


def _plain(value: Any) -> Any:
    """As it can be compared: Vault answers with seconds for a duration, and lists are sets to it."""
    if isinstance(value, list):
        return sorted(str(item).strip() for item in value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, str):
        return seconds(value) if re.fullmatch(DURATION, value) else value.strip()
    return value
