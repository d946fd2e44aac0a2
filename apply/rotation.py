"""`inv vault.rotate`: the hub gets another Vault token, and the one before ends once nobody uses it."""

import time
from typing import TYPE_CHECKING, Any

from apply import admintoken, clustervault, console, tokendelivery, vaultlogin
from apply.admintoken import AdminToken
from apply.secretstores import cluster_with_vault
from render.cluster import VAULT
from spec.errors import AppliedInPart, StackError
from spec.quantities import seconds

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.target import Tell
    from apply.vault import Vault

_PAUSE_SECONDS = 1.0


def rotate(spec: str, state: str | None, as_json: bool) -> None:
    """Replace the hub's token without a moment in which it has none; may be repeated after a cut.

    Raises:
        StackError: there is no such token, or the hub uses none now; nothing was changed.
        AppliedInPart: the hub does not use the new token yet; both live.
    """
    target = cluster_with_vault(spec, state)
    declared = target.vault_objects().get("admin")
    if declared is None:
        message = "the hub has no Vault token that lasts: it logs in anew (vault.hub_login: jwt); nothing was changed"
        raise StackError(message, hint=f"{VAULT} of inv render shows the login")
    found = vaultlogin.credential() or vaultlogin.asked()
    with (
        console.Progress(as_json) as progress,
        target.locked("vault.rotate", progress.tell),
        clustervault.signed_in(target, found) as vault,
    ):
        new, ended = _rotated(target, declared, vault, progress.tell)
    if as_json:
        console.result_json({"accessor": new.accessor, "ended": ended})
    else:
        console.say(f"the hub uses a new Vault token ({new.accessor}); former ones ended: {ended}")


def _rotated(target: "ClusterTarget", declared: dict[str, Any], vault: "Vault", tell: "Tell") -> tuple[AdminToken, int]:
    present = admintoken.seen(vault, declared)
    in_use = _in_use(target)
    if present is None or present.life is None or not in_use:
        message = "the hub has no Vault token that works now, so there is none to replace; nothing was changed"
        raise StackError(message, hint="inv vault.apply, then inv install")
    if in_use == present.accessor:
        tell("vault: making the hub another token")
        present = admintoken.make(vault, declared, present)
    else:
        tell("vault: going on with a rotation that was cut short")
    tokendelivery.bring(target, declared, present)
    _await_use(target, declared, present, tell)
    tell("vault: ending the former token")
    return present, admintoken.end_former(vault, declared, present)


def _in_use(target: "ClusterTarget") -> str:
    with target.hub() as hub:
        return hub.vault_accessor()


def _await_use(target: "ClusterTarget", declared: dict[str, Any], present: AdminToken, tell: "Tell") -> None:
    until, touched = time.monotonic() + seconds(target.stack.target.timeout), False
    with target.hub() as hub:
        while (accessor := hub.vault_accessor()) != present.accessor:
            touched = touched or tokendelivery.touched(target, declared, present)
            if time.monotonic() > until:
                waited = f"after {target.stack.target.timeout} the hub does not use the new token"
                raise AppliedInPart(
                    f"{waited} (it uses {accessor or 'none'})\nboth tokens live, and nobody has lost a session",
                    hint="inv logs hub; inv vault.rotate goes on where it stopped",
                )
            tell("vault: waiting until the hub uses the new token")
            time.sleep(_PAUSE_SECONDS)
