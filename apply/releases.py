"""The Helm releases of a stack: what they are made from, what would change, and bringing them there."""

import hashlib
import json
from typing import Any

from apply import charts, keys, servicetoken
from apply.charts import Chart
from apply.clusterplan import WantedRelease, keeps_service_token, layer, needed_keys
from apply.generations import INPUT, STACK
from apply.helm import Helm, Release
from apply.hubimage import with_hub_image
from apply.kube import Kube, in_parallel
from apply.observation import Glance, Observed
from apply.preview import Preview, previews, recorded_manifest
from apply.rollout import records, recover, roll_out
from apply.takeover import take_over
from apply.target import Tell
from render.artifacts import Artifacts
from render.cluster import RELEASES
from render.renewer import HUB_IMAGE
from spec.errors import AppliedInPart, StackError
from spec.model import Stack

_DIGEST_LENGTH = 40
"""A label's value has at most 63 characters (kubernetes.io, labels and selectors)."""


class Releases:
    """The releases of one stack in one cluster."""

    def __init__(self, stack: Stack, kube: Kube, helm: Helm, tell: Tell) -> None:
        """Touches nothing yet."""
        self._stack, self._kube, self._helm, self._tell = stack, kube, helm, tell
        self._namespace = stack.target.namespace

    def wanted(self, artifacts: Artifacts) -> list[WantedRelease]:
        """In the order in which they are applied."""
        found = []
        for declared in json.loads(artifacts[RELEASES]):
            chart = self._chart(declared["chart"])
            facts = chart.facts()
            digest = hashlib.sha256((chart.digest() + artifacts[declared["values"]]).encode()).hexdigest()
            name = f"{facts.get('name')}-{facts.get('version')}"
            found.append(WantedRelease(declared["name"], name, chart.path, declared["values"], digest[:_DIGEST_LENGTH]))
        return found

    def z2jh(self, artifacts: Artifacts) -> tuple[Chart, str]:
        """The chart that is not ours, and the artifact with its values."""
        declared = next(one for one in json.loads(artifacts[RELEASES]) if not isinstance(one["chart"], str))
        return self._chart(declared["chart"]), declared["values"]

    def applied(self, secrets: list[dict[str, Any]], release: WantedRelease) -> bool:
        """Whether the newest revision is made from this very input, and is healthy as far as Helm knows."""
        found = records(secrets, release.name)
        return bool(found) and found[-1][1] == "deployed" and found[-1][2].get(INPUT) == release.input

    def all_applied(self, artifacts: Artifacts, seen: Glance) -> bool:
        """Whether every release is."""
        return all(self.applied(seen.secrets, release) for release in self.wanted(artifacts))

    def previews(
        self, wanted: list[WantedRelease], artifacts: Artifacts, observed: Observed, *, trusted: bool
    ) -> list[Preview]:
        """Each object of each release as it is and as it would be.

        Args:
            trusted: take Helm's own record for a release whose input is the applied one.

        Raises:
            StackError: a chart refuses its values.
        """
        there = observed.glance.namespace is not None
        of_stack = self._keys(artifacts, observed)

        def previewed(one: WantedRelease) -> list[Preview]:
            recorded = recorded_manifest(self._kube, self._namespace, one.name, observed.revision(one.name))
            if trusted and recorded and self.applied(observed.records, one):
                text = recorded  # the same input gives the same manifests, and asking Helm takes longer than the rest
            else:
                text = self._helm.manifests(self._filled(one, artifacts, of_stack), observed.kube_version or None)
            return previews(self._kube, one.name, self._namespace, text, recorded, there)

        return [preview for found in in_parallel(previewed, wanted) for preview in found]

    def apply(self, artifacts: Artifacts, observed: Observed, differing: set[str]) -> None:
        """Bring them to what is wanted; on a failure those before it go back as well.

        Args:
            differing: layers of the plan: a release that is applied already and not among them is left alone.

        Raises:
            StackError: one did not come up; what was before runs again.
            AppliedInPart: and an earlier one could not be taken back.
        """
        made = self._keys(artifacts, observed)
        of_stack = keys.ensure(self._kube, self._namespace, self._stack.name, made)
        if observed.service_token is None:
            servicetoken.ensure(self._kube, self._stack, observed.keys, keeps_service_token(artifacts))
        done: list[tuple[str, int]] = []
        for wanted in self.wanted(artifacts):
            if layer(wanted.name) not in differing and self.applied(observed.records, wanted):
                continue
            recover(self._helm, self._namespace, wanted.name, records(observed.records, wanted.name), self._tell)
            before = self._good_revision(wanted.name)
            release = self._filled(wanted, artifacts, of_stack)
            if not observed.revision(wanted.name):
                text = self._helm.manifests(release, observed.kube_version or None)
                take_over(self._kube, wanted.name, self._namespace, text)
            labels = {STACK: self._stack.name, INPUT: wanted.input}
            try:
                roll_out(self._kube, self._helm, release, self._stack.target.timeout, labels, self._tell)
            except StackError as error:
                raise self._taken_back(error, done, wanted.name, before) from error
            done.append((wanted.name, before))
        if servicetoken.FORMER_KEY not in needed_keys(artifacts):
            servicetoken.drop_former(self._kube, self._stack, of_stack)

    def _chart(self, declared: Any) -> Chart:
        return charts.found(declared, self._helm, self._tell)

    def _filled(self, wanted: WantedRelease, artifacts: Artifacts, of_stack: keys.Keys) -> Release:
        values = json.loads(keys.filled(artifacts[wanted.values], of_stack))
        if HUB_IMAGE in artifacts[wanted.values]:
            values = with_hub_image(values, Chart(wanted.path).values())
        return Release(wanted.name, self._namespace, wanted.path, values)

    def _keys(self, artifacts: Artifacts, observed: Observed) -> keys.Keys:
        """Those that are kept, and new ones for the places that have none: never to be printed."""
        return observed.keys | keys.missing(needed_keys(artifacts), observed.keys, observed.of_chart)

    def _good_revision(self, name: str) -> int:
        """The revision that a failure goes back to; 0 when there is none."""
        path = f"/api/v1/namespaces/{self._namespace}/secrets"
        found = records(self._kube.items(path, f"owner=helm,name={name}", metadata=True), name)
        return next((revision for revision, status, _ in reversed(found) if status == "deployed"), 0)

    def _taken_back(self, error: StackError, done: list[tuple[str, int]], failed: str, before: int) -> StackError:
        """The failure with the state of the world: Helm takes its own release back, the earlier ones go here."""
        for name, revision in reversed(done):
            try:
                self._tell(f"taking release {name} back")
                if revision:
                    self._helm.rollback(name, self._namespace, revision)
                else:
                    self._helm.uninstall(name, self._namespace)
            except StackError as second:
                return AppliedInPart(f"{error.message}\nand release {name} could not be taken back: {second.message}")
        if before and not self._good_revision(failed) > before:
            state = f"Helm could not take release {failed} back to revision {before} either"
            return AppliedInPart(f"{error.message}\n{state}", error.hint)
        state = "what ran before runs on" if before else "nothing of it is left but the namespace and its secrets"
        return StackError(f"{error.message}\n{state}", error.hint)
