"""A server's token in a Secret of its own, so that it is not in the specification of the pod. Writes to the cluster.

The Secret belongs to the pod and goes with it. It is made after the pod, since a Secret that belongs to nobody would
stay when the hub dies in between; the kubelet waits for it.
"""

import secrets
from typing import Any

import aiohttp
from kubernetes_asyncio.client.rest import ApiException

from hub.refusal import NotStarted
from hub.spawnsecrets import TOKEN

_KEY = "token"
_NAME_BYTES = 5
_LONGEST_POD_PART = 240
"""Characters; a Secret's name has at most 253 (kubernetes.io, object names)."""


class TokenSecrets:
    """The tokens of servers whose pods are about to be made."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], str] = {}

    async def put(self, spawner: Any, token: str) -> None:
        """Keep the token until there is a pod, whose environment names the Secret.

        The name is a new one at each start: that of an earlier pod may be on its way out still.
        """
        name = f"{spawner.pod_name[:_LONGEST_POD_PART]}-{secrets.token_hex(_NAME_BYTES)}"
        self._waiting[spawner.user.name, spawner.name] = token
        spawner.environment[TOKEN] = {"valueFrom": {"secretKeyRef": {"name": name, "key": _KEY}}}

    async def pod_created(self, spawner: Any, pod: Any) -> None:
        """KubeSpawner's after_pod_created_hook, which it runs before the pod has to be ready.

        Raises:
            NotStarted: 503, the cluster takes no Secret.
        """
        token = self._waiting.pop((spawner.user.name, spawner.name), None)
        if token is None:
            return
        name = spawner.environment[TOKEN]["valueFrom"]["secretKeyRef"]["name"]
        try:
            await spawner.api.create_namespaced_secret(
                spawner.namespace, _secret(name, token, pod), _request_timeout=spawner.k8s_api_request_timeout
            )
        except (TimeoutError, ApiException, aiohttp.ClientError) as error:
            # Without the cause, which may quote the request.
            spawner.log.error("vault: no Secret %s for a server's token: %s", name, type(error).__name__)
            raise NotStarted(503, "The cluster takes no Secret for your server's token. Try again.") from None


def _secret(name: str, token: str, pod: Any) -> dict[str, Any]:
    owner = {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
    }
    metadata = {
        "name": name,
        "labels": {"app.kubernetes.io/managed-by": "jupyterhub", "component": "singleuser-token"},
        "ownerReferences": [owner],
    }
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {_KEY: token}}
