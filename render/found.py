"""What was found outside of the stack file: in the cluster, which settings of `auto` follow, and beside it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """Without a look at a cluster nothing is taken to be there."""

    gpu: bool = False
    monitoring: bool = False
    external_secrets: bool = False
    ca: str = ""
    """The text of the private authority that the file names."""
    logo: str = ""
    """The picture that the file names, base64."""
