"""The chart's own image of the hub in containers beside it. Pure."""

from typing import Any

from render.renewer import HUB_IMAGE
from render.values import merged


def with_hub_image(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The values with the image, and how it is pulled, in each container that asks for them.

    Args:
        defaults: the chart's own values.
    """
    image = merged(defaults, values)["hub"]["image"]
    found = {"image": f"{image['name']}:{image['tag']}"}
    if image.get("pullPolicy"):
        found["imagePullPolicy"] = image["pullPolicy"]
    containers = values["hub"]["extraContainers"]
    filled = [one | found if one.get("image") == HUB_IMAGE else one for one in containers]
    return {**values, "hub": {**values["hub"], "extraContainers": filled}}
