"""What KubeSpawner has made in a namespace, and whose it is. Pure."""

from typing import Any

SERVERS, HOMES = "component=singleuser-server", "component=singleuser-storage"
"""The labels that KubeSpawner gives to the pods and the claims it makes for users."""
_OWNER = "hub.jupyter.org/username"


def owner(item: dict[str, Any]) -> str:
    """The exact name of the user whose pod or claim this is; empty when it does not say."""
    return str((item["metadata"].get("annotations") or {}).get(_OWNER, ""))
