"""A stack on a cluster as something that can be lost and brought back. Reads the namespace."""

import json
from typing import TYPE_CHECKING, Any

from apply import firstlogin, generations, keys, servicetoken
from apply.clusterdatabase import ClusterDatabase
from apply.observation import glance
from apply.spawned import HOMES, owner
from render.extras import keys_secret

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget


class ClusterRescue:
    """See `Rescue`."""

    def __init__(self, target: "ClusterTarget") -> None:
        """Touches nothing yet."""
        self.target = target
        self.database = ClusterDatabase(target)
        self._core = f"/api/v1/namespaces/{target.namespace}"

    def installed(self) -> bool:
        """Whether an install has come to its end."""
        return bool(glance(self.target.kube, self.target.stack).generations)

    def versions(self) -> dict[str, str]:
        """Of the chart, which decides that of the hub."""
        return {"chart": self.target.stack.chart.version}

    def secrets(self) -> dict[str, str]:
        """The stack's keys, and the token with which commands act."""
        secret = keys_secret(self.target.stack.name)
        found = keys.read(self.target.kube.get(f"{self._core}/secrets/{secret}"))
        held = servicetoken.held(self.target.kube, self.target.stack)
        return {f"{secret}: {name}": value for name, value in sorted(found.items())} | (
            {servicetoken.secret_path(self.target.stack).rpartition("/")[2]: held} if held else {}
        )

    def secrets_place(self) -> str:
        """The Secret."""
        return f"Secrets of namespace {self.target.namespace}, such as {keys_secret(self.target.stack.name)}"

    def homes(self) -> list[dict[str, Any]]:
        """The claims of the users."""
        found = self.target.kube.items(f"{self._core}/persistentvolumeclaims", HOMES)
        return [
            {
                "where": f"claim {item['metadata']['name']}",
                "user": owner(item),
                "capacity": item["spec"]["resources"]["requests"]["storage"],
            }
            for item in found
        ]

    def vault(self) -> dict[str, str]:
        """The site's own Vault."""
        vault = self.target.stack.vault
        return {"where": f"Vault at {vault.address}"} if vault.enabled else {}

    def generations(self) -> str:
        """Every generation with what it was made from; secrets that install makes are placeholders in it."""
        kube, namespace = self.target.kube, self.target.namespace
        found = [
            {"number": one.number, **one.summary, "artifacts": generations.artifacts(kube, namespace, one)}
            for one in glance(kube, self.target.stack).generations
        ]
        return json.dumps(found, indent=1, ensure_ascii=False) + "\n"

    def forget_first_login(self) -> None:
        """Drop the Secret with the first password, which is not that of another database."""
        kube, stack = self.target.kube, self.target.stack
        if first := firstlogin.waiting(kube, self.target.namespace, stack, glance(kube, stack).secrets):
            first.forget()
