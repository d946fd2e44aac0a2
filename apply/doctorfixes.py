"""What `inv doctor --fix` may do: may be repeated, removes nothing, restarts no server of a user."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apply import localvault, supervision
from apply.local import LocalTarget

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget


@dataclass(frozen=True)
class Fix:
    """One thing that is put right."""

    words: str
    apply: Callable[[], None]


def fix(found: "LocalTarget | ClusterTarget", code: str) -> Fix | None:
    """What to do about a code; None where a person has to decide."""
    if not isinstance(found, LocalTarget) or code not in _ON_MACHINE:
        return None
    words, apply = _ON_MACHINE[code]
    return Fix(words, lambda: apply(found))


def _make_private(found: LocalTarget) -> None:
    for path in found.state.wide_open():
        path.chmod(0o700 if path.is_dir() else 0o600)


def _write_vault(found: LocalTarget) -> None:
    declared = json.loads(found.wanted(found.artifacts()).files["conf/vault.json"])
    with localvault.signed_in(found.stack, found.state) as vault:
        localvault.write(vault, declared)


_ON_MACHINE: dict[str, tuple[str, Callable[[LocalTarget], None]]] = {
    "FILE101": ("secrets are made private again", _make_private),
    "FILE104": ("folders that are gone are made, empty", lambda found: found.state.ensure()),
    "PROC104": ("a supervisor is started", lambda found: supervision.start(found.state)),
    "VAULT103": ("policies and token role are written to Vault as declared", _write_vault),
    "VAULT104": ("policies and token role are written to Vault as declared", _write_vault),
}
SAFE = tuple(_ON_MACHINE)
"""The codes that --fix puts right."""
