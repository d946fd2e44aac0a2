"""What was found outside of the stack file: in the cluster, which settings of `auto` follow, and beside it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
    digests: Mapping[str, str] = field(default_factory=dict)
    """Of the pushed images that this stack builds, by their addresses."""

    def pinned(self, image: str) -> str:
        """The image's address, with its digest where that is known: a tag may be pushed again, a digest stays."""
        digest = self.digests.get(image)
        return f"{image}@{digest}" if digest else image
