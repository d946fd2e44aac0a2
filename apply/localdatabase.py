"""The hub's database on this machine: a file of the state directory, and the parts that use it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import databaseprogram, supervision
from apply.state import disk_errors
from apply.target import Tell

if TYPE_CHECKING:
    from apply.local import LocalTarget

FILE = "hub/jupyterhub.sqlite"
"""As `hub/local/config.py` names it, below the state directory."""


class LocalDatabase:
    """Of one state directory."""

    def __init__(self, target: "LocalTarget") -> None:
        """Touches nothing yet."""
        self._target, self._state = target, target.state
        self.path = target.state.path / FILE

    def copy(self, to: Path) -> None:
        """Write a consistent copy, also while the hub runs.

        Raises:
            StackError: there is none, or it is damaged.
        """
        with disk_errors(to):
            databaseprogram.asked("copy", self.path, to)

    def described(self, copy: Path) -> dict[str, Any]:
        """What is in a copy."""
        return databaseprogram.described(copy)

    def stop_servers(self, tell: Tell) -> None:
        """End all users' servers through the hub, which alone revokes their tokens; without it they end later."""
        from apply import servers

        if "hub" in supervision.ready(self._state):
            servers.stop_all(self._target.hub_api(), tell)

    def stop_hub(self, _tell: Tell, /) -> None:
        """End the parts; users' servers go on."""
        supervision.stop(self._state, servers=False)

    def start_hub(self, tell: Tell) -> None:
        """Start the parts of the last install, and wait until they answer.

        Raises:
            StackError: one does not come up.
        """
        table = self._state.read_json("conf/parts.json") or {"parts": []}
        if not supervision.alive(self._state):
            supervision.start(self._state)
        wanted = {part["name"]: part["fingerprint"] for part in table["parts"]}
        supervision.wait_ready(self._state, wanted, lambda states: tell(f"hub {states.get('hub', 'waiting')}"))

    def place(self, new: Path, _tell: Tell, /) -> str:
        """Put a database in place; the name of the one that was there, which is kept.

        Raises:
            StackError: it is no sound database of a hub.
        """
        return str(databaseprogram.asked("place", new, self.path)["kept"])

    def put_back(self, kept: str, _tell: Tell, /) -> None:
        """Put a kept one in place again."""
        databaseprogram.asked("place", self.path.with_name(kept), self.path)
