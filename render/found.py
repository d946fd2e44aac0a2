"""What a cluster was found to have: settings that say `auto` follow it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """Without a look at a cluster nothing is taken to be there."""

    gpu: bool = False
    monitoring: bool = False
