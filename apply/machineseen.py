"""What `inv doctor` has seen of a stack on this machine. Pure data, without a secret in it."""

from dataclasses import dataclass

from apply.vaultseen import VaultSeen


@dataclass(frozen=True)
class Process:
    """A part of the stack, as the supervisor, the system and its own address tell of it."""

    name: str
    state: str
    """The supervisor's word."""
    stopped: bool = False
    """Whether the system lets it run no further (signal STOP)."""
    fault: str = ""
    """Why its address is no good answer; empty when it is one, or it has none."""
    last_exit: str = ""
    restarts: int = 0
    port_taken: str = ""
    """Port and the foreign process that holds it."""


@dataclass(frozen=True)
class CertificateSeen:
    """A certificate that a part serves."""

    name: str
    days: float = 0.0
    """Until it ends."""
    begins_in_days: float = 0.0
    """Above 0 while it is not valid yet."""
    fault: str = ""
    """Why it cannot be read."""
    of_authority: bool = True
    fits_key: bool = True


@dataclass(frozen=True)
class EnvironmentSeen:
    """The Python environment of profiles."""

    identity: str
    fault: str = ""
    lacks_mcp: bool = False
    """Whether its servers could be no tool of assistants, and should be."""


@dataclass(frozen=True)
class MachineSeen:
    """Everything that was looked at."""

    state: str
    supervisor: str
    """`lives`, `stopped` or `gone`."""
    status_readable: bool
    processes: tuple[Process, ...]
    facts_readable: bool
    changed_files: tuple[str, ...] = ()
    missing_folders: tuple[str, ...] = ()
    missing_secrets: tuple[str, ...] = ()
    open_files: tuple[str, ...] = ()
    database_fault: str = ""
    free_bytes: int = 0
    least_free_bytes: int = 0
    worker: str = ""
    """The command that works on the stack now; empty for none."""
    landlock_lacks: bool = False
    certificates: tuple[CertificateSeen, ...] = ()
    environments: tuple[EnvironmentSeen, ...] = ()
    hub_fault: str = ""
    """Why the hub's API cannot be used; empty when it can."""
    token_refused: bool = False
    page_fault: str = ""
    """Why the login page does not come through the proxy."""
    vault: VaultSeen | None = None
    """None where it was not looked at."""
    unseen: tuple[str, ...] = ()
