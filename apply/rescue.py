"""What backup, restore and upgrade ask of a target, beside its database."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from apply.hubdatabase import HubDatabase
from apply.losses import Report
from apply.target import Confirm, Options, Outcome, Tell, target
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.local import LocalTarget


class Rescue(Protocol):
    """One stack as something that can be lost and brought back."""

    @property
    def target(self) -> "LocalTarget | ClusterTarget":
        """Where it runs."""
        ...

    @property
    def database(self) -> HubDatabase:
        """Of its hub."""
        ...

    def installed(self) -> bool:
        """Whether there is anything of it."""
        ...

    def versions(self) -> dict[str, str]:
        """Of the hub and, on a cluster, of the chart."""
        ...

    def secrets(self) -> dict[str, str]:
        """Where each generated secret lies -> its value: for fingerprints alone."""
        ...

    def secrets_place(self) -> str:
        """Where they lie, in words."""
        ...

    def homes(self) -> list[dict[str, Any]]:
        """Each home with its place and its size."""
        ...

    def vault(self) -> dict[str, str]:
        """Where users' secrets are; empty without Vault."""
        ...

    def generations(self) -> str:
        """What was applied, as JSON."""
        ...

    def forget_first_login(self) -> None:
        """Drop a first password that nobody has seen, which is not that of another database."""
        ...

    def rehearse(self, to: str, tell: Tell) -> Report:
        """What an upgrade would mean for whom; changes nothing."""
        ...

    def upgrade(self, to: str, options: Options, confirm: Confirm, tell: Tell) -> Outcome:
        """Bring the other version, and prove it."""
        ...

    def back(self, before: Path, error: StackError, tell: Tell) -> str:
        """After an upgrade that failed, the former version and its database; words for what runs now.

        Args:
            before: the database from before the upgrade.
        """
        ...

    def folder(self) -> Path:
        """What backups of this stack are kept beside, on this machine."""
        ...


def rescue(spec: str, state: str | None) -> Rescue:
    """The stack of a file.

    Raises:
        SpecError: the file has problems.
    """
    found = target(spec, state)
    return of(found)


def of(found: "LocalTarget | ClusterTarget") -> Rescue:
    """The same for a target that is there."""
    from apply.local import LocalTarget

    if isinstance(found, LocalTarget):
        from apply.localrescue import LocalRescue

        return LocalRescue(found)
    from apply.clusterrescue import ClusterRescue

    return ClusterRescue(found)
