"""A stack on a cluster as something that can be lost and brought back. Reads the namespace."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import firstlogin, generations, keys, servicetoken
from apply.chartversion import write_version
from apply.clusterdatabase import ClusterDatabase
from apply.clusterrehearsal import rehearse, with_chart
from apply.hubdatabase import exchange
from apply.losses import Report
from apply.observation import glance
from apply.rollout import records
from apply.spawned import HOMES, owner
from apply.state import default_path
from apply.target import Confirm, Options, Outcome, Tell
from render.extras import keys_secret
from spec.errors import AppliedInPart, StackError

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget


class ClusterRescue:
    """See `Rescue`."""

    def __init__(self, target: "ClusterTarget") -> None:
        """Touches nothing yet."""
        self.target = target
        self.database = ClusterDatabase(target)
        self._revision_before = 0
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

    def rehearse(self, to: str, tell: Tell) -> Report:
        """The JupyterHub of another chart on a copy of the database, in a pod."""
        return rehearse(self, with_chart(self.target, to), tell)

    def upgrade(self, to: str, options: Options, confirm: Confirm, tell: Tell) -> Outcome:
        """Install with the other chart, and write its version into the stack file once it is proven."""
        self._revision_before = self._revision()
        done = with_chart(self.target, to).install(options, confirm, tell)
        if to != self.target.stack.chart.version:
            write_version(self.target.file, to)
            tell(f"{self.target.file} says chart.version: {to}")
        return done

    def back(self, before: Path, error: StackError, tell: Tell) -> str:
        """Helm has gone back by itself, unless the releases stand and what comes after them has failed."""
        if self._revision() == self._revision_before:
            return "nothing of the releases was changed"
        release, namespace = self.target.stack.name, self.target.namespace
        if isinstance(error, AppliedInPart):
            tell(f"taking release {release} back")
            self.target.helm.rollback(release, namespace, self._revision_before)
        exchange(self.database, before, tell)
        return f"chart {self.target.stack.chart.version} runs again, with the database from before the upgrade"

    def folder(self) -> Path:
        """Where the state of a local stack of this name would be."""
        return default_path(self.target.stack.name)

    def _revision(self) -> int:
        secrets = self.target.kube.items(f"{self._core}/secrets", "owner=helm", metadata=True)
        found = records(secrets, self.target.stack.name)
        return found[-1][0] if found else 0
