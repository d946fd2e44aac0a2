"""Claims as earlier hubs have left them, and the home that a spawner of today takes."""

import asyncio
import warnings
from typing import Any

from jupyterhub import orm
from jupyterhub.objects import Hub
from jupyterhub.user import User
from traitlets.config import Config

from apply.kube import Kube
from hub.cluster.homes import keep_home

with warnings.catch_warnings():
    # KubeSpawner 7.0.0 sets a trait's metadata in a way that traitlets has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from kubespawner import KubeSpawner

ONE_EACH = "claim-{username}"


class Homes:
    """The homes in one namespace of a real cluster."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube, self._namespace = kube, namespace
        self._path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"

    def leave(self, name: str, user: str | None, server: str = "", *, held: bool = False) -> None:
        """A claim with the labels and annotations of KubeSpawner; `held` stays while it is removed."""
        annotations = {"hub.jupyter.org/username": user, "hub.jupyter.org/servername": server}
        metadata = {
            "name": name,
            "labels": {"component": "singleuser-storage", "app": "jupyterhub"},
            "annotations": {key: text for key, text in annotations.items() if text},
            "finalizers": ["tests.buunstack/held"] if held else [],
        }
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}
        self._kube.create(self._path, claim)

    def remove(self, name: str) -> None:
        self._kube.delete(f"{self._path}/{name}")

    def let_go(self, name: str) -> None:
        """End what holds a claim that is being removed."""
        claim = self._kube.get(f"{self._path}/{name}") or {}
        claim["metadata"]["finalizers"] = []
        self._kube.replace(f"{self._path}/{name}", claim)

    def of(self, user: str, server: str = "", *, template: str = ONE_EACH, state: dict[str, Any] | None = None) -> str:
        """The claim that a start of this server would use."""
        return asyncio.run(self._of(user, server, template, state))

    async def _of(self, user: str, server: str, template: str, state: dict[str, Any] | None) -> str:
        c = Config()
        c.KubeSpawner.namespace = self._namespace
        c.KubeSpawner.pvc_name_template = template
        database = orm.new_session_factory("sqlite:///:memory:")()
        row = orm.User(name=user)
        database.add(row)
        database.commit()
        try:
            of_user = User(row, {"config": c})
            spawner = of_user._new_spawner(server, spawner_class=KubeSpawner, user=of_user, hub=Hub(), config=c)
            spawner.load_state(state or {})
            await keep_home(spawner)
            return str(spawner.pvc_name)
        finally:
            database.close()
            database.get_bind().dispose()
