"""A stack on this machine as something that can be lost and brought back. Reads the state directory."""

import json
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply.homesizes import used_bytes
from apply.localdatabase import LocalDatabase
from apply.losses import Report
from apply.target import Confirm, Options, Outcome, Tell
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.local import LocalTarget

_NOT_LASTING = {"first-password"}
"""Gone once somebody has seen it."""


class LocalRescue:
    """See `Rescue`."""

    def __init__(self, target: "LocalTarget") -> None:
        """Touches nothing yet."""
        self.target = target
        self.database = LocalDatabase(target)

    def installed(self) -> bool:
        """Whether a stack was installed in the state directory."""
        return self.target.state.exists()

    def versions(self) -> dict[str, str]:
        """Of JupyterHub in this environment.

        Raises:
            StackError: there is none.
        """
        try:
            return {"jupyterhub": metadata.version("jupyterhub")}
        except metadata.PackageNotFoundError:
            raise StackError("JupyterHub is not installed beside inv", hint="uv sync") from None

    def secrets(self) -> dict[str, str]:
        """The files of the folder `secrets`."""
        files = sorted(path for path in (self.target.state.path / "secrets").glob("*") if path.is_file())
        lasting = [path.name for path in files if path.name not in _NOT_LASTING]
        return {name: self.target.state.secret(name) for name in lasting}

    def secrets_place(self) -> str:
        """The folder."""
        return str(self.target.state.path / "secrets")

    def homes(self) -> list[dict[str, Any]]:
        """The folders of the users, with what is in them."""
        found = sorted(path for path in (self.target.state.path / "homes").glob("*") if path.is_dir())
        return [{"where": str(path), "bytes": used_bytes(path)} for path in found]

    def vault(self) -> dict[str, str]:
        """The stack's own server keeps them in the state directory."""
        place = self.target.state.path
        words = f"{place / 'bao'}, which cannot be read without {place / 'secrets' / 'seal.key'}"
        return {"where": words} if self.target.stack.vault.enabled else {}

    def generations(self) -> str:
        """Fingerprints of what was last applied: this target keeps no history."""
        return json.dumps([{"applied": self.target.state.read_json("conf/applied.json")}], indent=2) + "\n"

    def forget_first_login(self) -> None:
        """Drop the first password, which is not that of another database."""
        from apply.placement import FIRST_PASSWORD

        (self.target.state.path / FIRST_PASSWORD).unlink(missing_ok=True)

    def rehearse(self, to: str, tell: Tell) -> Report:
        """This checkout's JupyterHub on a copy of the database."""
        from apply.localrehearsal import rehearse

        return rehearse(self, to, tell)

    def upgrade(self, _to: str, options: Options, confirm: Confirm, tell: Tell) -> Outcome:
        """Install what this checkout has."""
        return self.target.install(options, confirm, tell)

    def back(self, before: Path, _error: StackError, tell: Tell) -> str:
        """The database alone: the former program is not in this checkout."""
        present = self.database.path.with_name("present.sqlite")
        try:
            self.database.copy(present)
            if self.database.described(present)["revisions"] == self.database.described(before)["revisions"]:
                return "the database is as it was"
        finally:
            present.unlink(missing_ok=True)
        tell("putting the database from before back")
        self.database.stop_hub(tell)
        self.database.place(before, tell)
        return (
            "the hub is stopped, and its database is the one from before; "
            "check out the former version, then inv install"
        )

    def folder(self) -> Path:
        """The state directory."""
        return self.target.state.path
