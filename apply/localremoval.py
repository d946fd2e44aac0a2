"""Taking a stack off this machine: what runs ends; homes, accounts and secrets stay unless they are purged."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from apply import servers, supervision
from apply.removal import client_stays
from apply.state import remove_files
from apply.target import Tell

if TYPE_CHECKING:
    from apply.local import LocalTarget


def remove(target: "LocalTarget", purge: bool, confirm: Callable[[str], None], tell: Tell) -> str:
    """Stop every server (their tokens are revoked with them) and every part; the words that say what stays.

    Raises:
        StackError: another command works on the stack for too long, or nobody confirmed.
    """
    path = target.state.path
    if not path.exists():
        return f"nothing is installed in {path}"
    if purge:
        confirm(f"Delete {path} with all homes, accounts and secrets?")
    with target.state.lock("uninstall", tell):
        if supervision.parts(target.state).get("hub", {}).get("state") == "ready":
            servers.stop_all(target.hub_api(), tell)
        tell("stopping the parts")
        supervision.stop(target.state, servers=True)
        remove_files(path, purge)
    stays = client_stays(target.stack)
    if purge:
        return f"{path} is gone{stays}"
    kept = f"homes, accounts, secrets and logs stay in {path}; inv uninstall --purge removes them too"
    return f"{kept}{stays}"
