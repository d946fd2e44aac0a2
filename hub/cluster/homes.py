"""A user finds the home of earlier starts again, whatever its claim is called. Reads claims of the cluster.

KubeSpawner names a claim after its user by rules that have changed between versions and change with the chart's
values; it would make a new, empty one for whoever is called otherwise now. What does not change is the annotation
with the user's exact name that it has put on each claim.
"""

from typing import Any

import aiohttp
from kubernetes_asyncio.client.rest import ApiException

from hub.refusal import NotStarted

_SELECTOR = "component=singleuser-storage"
_USER, _SERVER = "hub.jupyter.org/username", "hub.jupyter.org/servername"
_NOT_FOUND = 404


async def keep_home(spawner: Any) -> None:
    """Make the spawner use the claim that is this user's, if there is one and it has another name.

    Raises:
        NotStarted: 409 when several claims are the user's or the one of this name is another user's,
            503 when the cluster does not say.
    """
    try:
        present = await _claim(spawner)
        if present is None:
            found = [claim.metadata.name for claim in await _claims(spawner) if _is_home(spawner, claim)]
        elif (owner := _annotation(present, _USER)) in ("", spawner.user.name):
            return
        else:
            raise NotStarted(409, _taken(spawner, owner))
    except (TimeoutError, ApiException, aiohttp.ClientError) as error:
        spawner.log.warning("The claims of %s cannot be read: %s", spawner.user.name, type(error).__name__)
        raise NotStarted(503, "The cluster does not say where your home is. Try again in a moment.") from error
    if len(found) > 1:
        raise NotStarted(409, _ambiguous(sorted(found)))
    if found:
        spawner.log.warning("The home of %s is in claim %s, not %s", spawner.user.name, found[0], spawner.pvc_name)
        spawner.pvc_name = found[0]


async def _claim(spawner: Any) -> Any:
    try:
        return await spawner.api.read_namespaced_persistent_volume_claim(
            spawner.pvc_name, spawner.namespace, _request_timeout=spawner.k8s_api_request_timeout
        )
    except ApiException as error:
        if error.status == _NOT_FOUND:
            return None
        raise


async def _claims(spawner: Any) -> list[Any]:
    listed = await spawner.api.list_namespaced_persistent_volume_claim(
        spawner.namespace, label_selector=_SELECTOR, _request_timeout=spawner.k8s_api_request_timeout
    )
    return list(listed.items)


def _is_home(spawner: Any, claim: Any) -> bool:
    """Whether the claim is the user's home, and neither one server's own nor on its way out."""
    if claim.metadata.deletion_timestamp is not None or _annotation(claim, _USER) != spawner.user.name:
        return False
    template = spawner.pvc_name_template
    if "servername" in template or "user_server" in template:
        return _annotation(claim, _SERVER) == str(spawner.name)
    # The home that all servers share carries the name of the server that came first.
    legacy = spawner._expand_user_properties(template, slug_scheme="escape")
    return _annotation(claim, _SERVER) == "" or str(claim.metadata.name) == legacy


def _annotation(claim: Any, name: str) -> str:
    return str((claim.metadata.annotations or {}).get(name, ""))


def _ambiguous(names: list[str]) -> str:
    return (
        f"Several claims say that they are your home: {', '.join(names)}. "
        "An administrator has to take the annotation of your name from all but one."
    )


def _taken(spawner: Any, owner: str) -> str:
    return (
        f"The claim {spawner.pvc_name}, which your home would be in, is of user {owner!r}. "
        "An administrator has to make one for you that is annotated with your name."
    )
