"""What `inv doctor` has seen of a stack in a cluster. Pure data, without a secret in it."""

from dataclasses import dataclass

from apply.causes import Cause
from apply.machineseen import CertificateSeen
from apply.plan import Change
from apply.vaultseen import VaultSeen


@dataclass(frozen=True)
class PodFault:
    """Why a pod does not run, or is not even made."""

    cause: Cause
    owner: str
    """The user whose server it is; empty for the stack's own."""


@dataclass(frozen=True)
class External:
    """What an operator brings from Vault."""

    name: str
    ready: bool | None
    """None where no operator has looked at it."""
    message: str = ""


@dataclass(frozen=True)
class ClusterSeen:
    """Everything that was looked at; None or empty where it was not."""

    failure: str = ""
    """Why the API server could not be asked."""
    needs: tuple[tuple[str, str, str], ...] = ()
    """(kind, message, hint) of what the stack needs of the cluster and is not there."""
    releases: tuple[tuple[str, str], ...] = ()
    """(Helm release, state) as Helm has recorded it last."""
    drift: tuple[Change, ...] = ()
    """Objects that are not as they were applied."""
    labels: tuple[str, ...] = ()
    """Of the namespace, not as declared."""
    faults: tuple[PodFault, ...] = ()
    scaled_down: tuple[str, ...] = ()
    """Deployments that were told to have no pods."""
    unready: tuple[str, ...] = ()
    """Deployments without all of their pods."""
    nodes: tuple[tuple[str, str], ...] = ()
    """(node, why it takes no pods), where none takes any."""
    claims: tuple[tuple[str, str], ...] = ()
    """(claim, phase) of those that have no volume."""
    quotas: tuple[str, ...] = ()
    """What is used up."""
    missing_secrets: tuple[str, ...] = ()
    certificate: CertificateSeen | None = None
    """Of the Ingress, where the stack names its Secret."""
    hub_fault: str = ""
    """Why the hub's API cannot be used; empty when it can."""
    token_refused: bool = False
    problems: tuple[str, ...] = ()
    """What the hub itself says is not as declared."""
    page_fault: str = ""
    """Why the login page does not come through the proxy."""
    public_fault: str = ""
    """Why the public address does not answer; empty when it does, or the stack makes none."""
    externals: tuple[External, ...] = ()
    vault: VaultSeen | None = None
    unseen: tuple[str, ...] = ()
