"""This checkout's JupyterHub on a copy of the database that is there. Starts a process of its own."""

import json
from typing import TYPE_CHECKING, Any

from apply import databaseprogram, losses
from apply.losses import Report
from apply.scratch import scratch
from apply.target import Tell
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.localrescue import LocalRescue

_SETTINGS = "conf/settings.json"


def rehearse(found: "LocalRescue", to: str, tell: Tell) -> Report:
    """What an upgrade would mean; changes nothing.

    Raises:
        StackError: nothing is installed, or a version is named, which is that of this checkout.
    """
    here = found.versions()["jupyterhub"]
    if to not in ("", here):
        message = f"--to {to}: target local runs the JupyterHub of this checkout, {here}; nothing was changed"
        raise StackError(message, hint="check out the version you want, then leave --to out")
    with scratch() as folder:
        copy = folder / "jupyterhub.sqlite"
        tell("copying the hub's database")
        found.database.copy(copy)
        inside = found.database.described(copy)
        tell(f"rehearsing with JupyterHub {here} on the copy")
        said = databaseprogram.output("hub.offline.rehearsal", str(copy), "{}")
    seen = databaseprogram.checked(json.loads(said.splitlines()[-1]))
    after: dict[str, Any] = json.loads(found.target.wanted(found.target.artifacts()).files[_SETTINGS])
    before = found.target.state.read_json(_SETTINGS) or {}
    refused = losses.logins(before, after, inside["users"])
    note = "homes are folders of the state directory, which no version of JupyterHub names"
    return Report(seen, {"database": [",".join(seen["before"]), ",".join(seen["after"])]}, logins=refused, notes=[note])
