"""`inv vault.migrate`: users' secrets from buun-stack's plain paths to the stack's own; nothing is ever replaced."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from apply import clustervault, console, vaultlogin
from apply.kube import in_parallel
from apply.secretstores import cluster_with_vault
from render.hubfiles import layout
from render.vault import VaultLayout, encoded_home, is_encoded, migration_policy
from spec.errors import AppliedInPart, PlanNotEmpty, StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.target import Tell
    from apply.vault import Vault

COPIED, WAITS, DONE = "copied", "would be copied", "was there already"
DIFFERS, GONE, DELETED = (
    "kept: another content is there",
    "kept: it was deleted there",
    "left: its newest version is deleted",
)
REFUSED, FAILED = "left: no name of a user", "failed"
_TOLD_EVERY = 50
_WILD = "+"
"""buun-stack's policy of a user of this name opened everybody's secrets; `*` is a wildcard at any place."""


@dataclass(frozen=True)
class Moved:
    """What became of one secret, or of a folder that is nobody's."""

    user: str
    secret: str
    state: str
    reason: str = ""


def migrate(spec: str, state: str | None, check: bool, as_json: bool) -> None:
    """Copy what is not there yet, and print what became of each secret; may be repeated.

    Raises:
        PlanNotEmpty: with `check`, when something would be copied.
        AppliedInPart: some could not be copied.
        StackError: no credential, or Vault refuses the list of users.
    """
    target = cluster_with_vault(spec, state)
    names = layout(target.stack)
    if names.per_user:
        message = "this stack keeps buun-stack's plain paths (vault.isolation: policy_per_user); nothing was changed"
        raise StackError(message, hint="isolation: templated, then move")
    found = vaultlogin.credential() or vaultlogin.asked()
    with console.Progress(as_json) as progress, clustervault.signed_in(target, found) as vault:
        moved = moves(vault, names, write=not check, tell=progress.tell)
    _print(moved, as_json)
    if failed := [one for one in moved if one.state == FAILED]:
        lines = "".join(f"\n  {one.user}/{one.secret}: {one.reason}" for one in failed)
        raise AppliedInPart(f"{len(failed)} of {len(moved)} secrets could not be copied:{lines}", hint="run it again")
    if check and (waiting := sum(one.state == WAITS for one in moved)):
        raise PlanNotEmpty(f"{waiting} secrets would be copied")
    if not check:
        old = f"{names.mount}/{names.root}/users/NAME"
        console.say(f"older versions and the secrets themselves stay at {old}: delete them once every notebook works")


def show_policy(spec: str, state: str | None) -> None:
    """Print the smallest policy with which the move can be done."""
    console.result(migration_policy(layout(cluster_with_vault(spec, state).stack)).rstrip("\n"))


def moves(vault: "Vault", names: VaultLayout, *, write: bool, tell: "Tell") -> list[Moved]:
    """Every secret at a plain path with what became of it, by user and name.

    Raises:
        StackError: the list of users is refused.
    """
    users = f"{names.root}/users"
    folders = [name[:-1] for name in vault.names(f"{names.mount}/metadata/{users}/") if name.endswith("/")]
    refused, wanted = [], []
    for folder in folders:
        if is_encoded(names, folder):
            continue
        try:
            wanted.append((folder, _home(names, folder)))
        except ValueError as error:
            refused.append(Moved(folder, "", REFUSED, str(error)))
    done = Counter[str]()

    def told(one: Moved) -> Moved:
        done.update(("all",))
        if done["all"] % _TOLD_EVERY == 0:
            tell(f"vault: {done['all']} secrets looked at")
        return one

    def of_user(pair: tuple[str, str]) -> list[Moved]:
        folder, home = pair
        return [told(_moved(vault, names, folder, home, key, write)) for key in _listed(vault, names, folder)]

    return [*refused, *(one for many in in_parallel(of_user, wanted) for one in many)]


def _home(names: VaultLayout, user: str) -> str:
    if user == _WILD or "*" in user:
        raise ValueError("a wildcard, with which others' secrets could be read: look at it yourself")
    return encoded_home(names, user)


def _listed(vault: "Vault", names: VaultLayout, user: str) -> Iterable[str | StackError]:
    """The names of a user's secrets; a refusal in the place of those it hides."""

    def below(folder: str) -> Iterator[str | StackError]:
        try:
            found = vault.names(f"{names.mount}/metadata/{names.root}/users/{user}/{folder}")
        except StackError as error:
            yield error
            return
        for name in found:
            if name.endswith("/"):
                yield from below(f"{folder}{name}")
            else:
                yield f"{folder}{name}"

    return below("")


def _moved(vault: "Vault", names: VaultLayout, user: str, home: str, key: str | StackError, write: bool) -> Moved:
    if isinstance(key, StackError):
        return Moved(user, "", FAILED, key.message)
    old, new = (quote(f"{folder}/{key}") for folder in (f"{names.root}/users/{user}", home))
    try:
        return Moved(user, key, _copied(vault, names.mount, old, new, write))
    except TargetUnreachable as error:
        return Moved(user, key, FAILED, error.message)
    except StackError as error:
        # Somebody else was quicker: what is there now stays.
        present = _content(vault, f"{names.mount}/data/{new}")
        if present is None:
            return Moved(user, key, FAILED, error.message)
        same = present == _content(vault, f"{names.mount}/data/{old}")
        return Moved(user, key, DONE if same else DIFFERS)


def _copied(vault: "Vault", mount: str, old: str, new: str, write: bool) -> str:
    content = _content(vault, f"{mount}/data/{old}")
    if content is None:
        return DELETED
    # In this order: another move may write it in between.
    known = vault.read(f"{mount}/metadata/{new}") is not None
    present = _content(vault, f"{mount}/data/{new}")
    if present is not None:
        return DONE if present == content else DIFFERS
    if known:
        return GONE
    if not write:
        return WAITS
    about = vault.read(f"{mount}/metadata/{old}") or {}
    kept = {name: about[name] for name in ("custom_metadata", "max_versions") if about.get(name)}
    vault.write(f"{mount}/data/{new}", {"data": content, "options": {"cas": 0}})
    if kept:
        vault.write(f"{mount}/metadata/{new}", kept)
    if _content(vault, f"{mount}/data/{new}") != content:
        raise StackError("what was written cannot be read back as it was")
    return COPIED


def _content(vault: "Vault", path: str) -> Any:
    """The fields of the newest version; None where there is none, or it is deleted."""
    found = vault.read(path)
    return None if found is None else found["data"]


def _print(moved: list[Moved], as_json: bool) -> None:
    if as_json:
        console.result_json({"secrets": [asdict(one) for one in moved]})
        return
    rows = [(one.user, one.secret or "-", one.state + (f" ({one.reason})" if one.reason else "")) for one in moved]
    if rows:
        console.result(console.table(("USER", "SECRET", "STATE"), rows))
    else:
        console.say("nothing is at plain paths")
