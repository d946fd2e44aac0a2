"""What backup, restore and upgrade ask of a target, beside its database."""

from typing import TYPE_CHECKING, Any, Protocol

from apply.hubdatabase import HubDatabase
from apply.target import target

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
