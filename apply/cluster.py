"""The Kubernetes target: one stack in one namespace, through Helm and the API server."""

import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import clustervault, declared, generations, lease, tokendelivery, userpolicies, vaultlogin
from apply.clusterplan import changes, keeps_service_token, namespace_changes
from apply.generations import MADE
from apply.helm import Helm
from apply.hubapi import HubApi
from apply.imagedigests import digests, pushed_images
from apply.keycloakobjects import LAYER as LOGIN
from apply.kube import Kube, Refused, at_once
from apply.kubeconfig import access
from apply.namedfiles import named_bytes
from apply.observation import Glance, Observed, discover, glance, has_operator, observe, workloads
from apply.plan import Change, Plan
from apply.preview import refused_objects
from apply.releases import Releases
from apply.target import Confirm, FirstLogin, Options, Outcome, Tell
from apply.vaultobjects import LAYER
from render.artifacts import Artifacts, render
from render.cluster import NAMESPACE, NOTES, VAULT
from render.found import Found
from render.hubfiles import layout
from spec.errors import AppliedInPart, StackError
from spec.login import by_provider
from spec.model import Stack
from spec.pushed import Declared
from spec.ways import has_user_policies

if TYPE_CHECKING:
    from apply.loginlayer import LoginLayer
    from apply.reach import Reach
    from apply.servicerotation import ServiceToken

_MANAGER = "buunstack"
_THERE_ALREADY = 409
"""Another install was quicker."""


class ClusterTarget:
    """One stack in a cluster."""

    def __init__(self, stack: Stack, file: Path) -> None:
        """Touches nothing yet.

        Args:
            file: the stack file, for the lines of what is wrong with it.
        """
        self.stack = stack
        self.file = file
        self.namespace = stack.target.namespace
        self.helm = Helm(stack.target.context)

    @cached_property
    def kube(self) -> Kube:
        """The API server of the stack's context."""
        return Kube(access(self.stack.target.context))

    @cached_property
    def _vault_credential(self) -> vaultlogin.Credential | None:
        """As whom Vault is looked at and written: without it, it is neither."""
        return vaultlogin.credential()

    def url(self) -> str:
        """The address users visit."""
        return f"https://{self.stack.hub.host}/"

    def artifacts(self) -> Artifacts:
        """Everything the stack is made from, as it is without a look at the cluster."""
        return render(self.stack, self._beside(Found()))

    def _beside(self, found: Found) -> Found:
        """With what lies beside the stack file."""
        logo = named_bytes(self.file.parent / self.stack.hub.logo, "hub.logo") if self.stack.hub.logo else ""
        return replace(found, ca=clustervault.authority_text(self), logo=logo, digests=digests(self.file))

    def vault_objects(self) -> dict[str, Any]:
        """What the stack needs of Vault; an empty mapping without one."""
        there = Found(ca=clustervault.authority_text(self), external_secrets=has_operator(self.kube, self.stack))
        found: dict[str, Any] = json.loads(render(self.stack, there).get(VAULT, "{}"))
        return found

    def releases(self, tell: Tell) -> Releases:
        """The Helm releases of the stack."""
        return Releases(self.stack, self.kube, self.helm, tell)

    @contextlib.contextmanager
    def locked(self, purpose: str, tell: Tell) -> Iterator[None]:
        """Keep other commands on this stack out while the body runs; the namespace must be there."""
        with lease.held(self.kube, self.namespace, f"buunstack-{self.stack.name}", f"inv {purpose}", tell):
            yield

    def examine(self, options: Options, tell: Tell) -> Plan:
        """What install would do, asked of the API server without effect.

        Raises:
            StackError: the cluster lacks what the stack needs, or refuses what it is made of.
        """
        seen, artifacts = self._look()
        return self.planned(artifacts, observe(self.kube, self.stack, seen), options, tell)

    def install(self, options: Options, confirm: Confirm, tell: Tell) -> Outcome:
        """Make the cluster agree with the stack file and prove it."""
        seen, artifacts = self._look()
        if not options.repair and not options.prove and self._unchanged(artifacts, seen, tell):
            return Outcome(Plan([]), self.url(), self._waiting_login(seen))
        return self.bring(artifacts, seen, "inv install", options, confirm, tell)

    def _look(self) -> tuple[Glance, Artifacts]:
        """What is there, and what the stack is made of with what the cluster has decided."""
        seen, artifacts = at_once((lambda: glance(self.kube, self.stack), self.artifacts_there))
        return seen, artifacts

    def artifacts_there(self) -> Artifacts:
        """Everything the stack is made from, with what the cluster has decided."""
        return render(self.stack, self._beside(discover(self.kube, self.stack)))

    def bring(
        self, artifacts: Artifacts, seen: Glance, why: str, options: Options, confirm: Confirm, tell: Tell
    ) -> Outcome:
        """Plan, ask, apply, prove and record these artifacts.

        Args:
            seen: from before the lock.
            why: kept in the history.
        """
        first: Plan | None = None
        if seen.namespace is None:
            first = self._new_namespace(artifacts, seen, options, confirm, tell)
        with self.locked("install", tell):
            seen = glance(self.kube, self.stack)
            observed = observe(self.kube, self.stack, seen)
            planned = self.planned(artifacts, observed, options, tell)
            if planned.changes and first is None:
                confirm(planned)
            self._ensure_labels(artifacts, seen)
            layers = {change.layer for change in planned.changes}
            if LAYER in layers and self._vault_credential:
                clustervault.write(self, json.loads(artifacts[VAULT]), self._vault_credential, tell)
            if LOGIN in layers:
                with self._login_layer(artifacts) as login:
                    login.write(tell)
            self.releases(tell).apply(artifacts, observed, layers)
            self._prove(options, tell)
            if VAULT in artifacts and self._vault_credential:
                clustervault.user_policies(self, self._vault_credential, write=True, tell=tell)
            seen = glance(self.kube, self.stack)
            self._record(artifacts, observed.before, seen, why)
            return Outcome(first or planned, self.url(), self._waiting_login(seen))

    def _keys_as_left(self, seen: Glance) -> bool:
        """Whether nobody has changed the stack's secrets since the last install."""
        last = seen.generations[-1].summary["workloads"] if seen.generations else {}
        return last.get("keys") == workloads(self.stack, seen).get("keys")

    def _new_namespace(
        self, artifacts: Artifacts, seen: Glance, options: Options, confirm: Confirm, tell: Tell
    ) -> Plan:
        """The lock lies in the namespace, so a plan is shown before there can be one; it is made again behind it."""
        planned = self.planned(artifacts, observe(self.kube, self.stack, seen), options, tell)
        confirm(planned)
        wanted = json.loads(artifacts[NAMESPACE])
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": wanted | {"annotations": {MADE: self.stack.name}}}
        try:
            self.kube.create("/api/v1/namespaces", body)
        except Refused as refusal:
            if refusal.status != _THERE_ALREADY:
                raise
        return planned

    def _ensure_labels(self, artifacts: Artifacts, seen: Glance) -> None:
        """A namespace that is there keeps all that is not declared."""
        if namespace_changes(artifacts, seen):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": json.loads(artifacts[NAMESPACE])}
            self.kube.apply(f"/api/v1/namespaces/{self.namespace}", body, _MANAGER)

    def _prove(self, options: Options, tell: Tell) -> None:
        """What comes after the releases; each step may be repeated."""
        from apply.clusterproof import prove

        try:
            prove(self, options.prove, tell)
        except StackError as error:
            raise AppliedInPart(
                f"{error.message}\nthe releases are applied; what comes after them is not done",
                hint=error.hint or "inv doctor says what is wrong; then inv install goes on where it stopped",
            ) from error

    def _record(self, artifacts: Artifacts, before: Artifacts, seen: Glance, why: str) -> None:
        """A generation for what is new; the last one goes on where only the cluster's own doings differ."""
        found = workloads(self.stack, seen)
        kept = declared.text(Declared(self.stack, pushed_images(self.file)))
        artifacts = {declared.DECLARED: kept, **artifacts}  # a rollback brings its own
        if artifacts != before:
            generations.write(self.kube, self.namespace, self.stack.name, artifacts, seen.generations, why, found)
        else:
            generations.renew(self.kube, self.namespace, seen.generations[-1], found)

    def planned(self, artifacts: Artifacts, observed: Observed, options: Options, tell: Tell) -> Plan:
        """What would be done, seen this; raises what `examine` does."""
        from apply.readiness import check

        releases = self.releases(tell)
        wanted = releases.wanted(artifacts)
        warnings = check(self, artifacts, wanted, observed, releases, options)
        trusted = not options.repair and self._keys_as_left(observed.glance)
        seen = releases.previews(wanted, artifacts, observed, trusted=trusted)
        if refused := [one for one in seen if one.refused is not None]:
            raise refused_objects(refused)
        of_vault, unseen = self._vault_changes(artifacts)
        of_login, untold = self._login_changes(artifacts)
        found = [*of_vault, *of_login, *changes(self.stack, artifacts, observed, wanted, seen)]
        before = observed.before.get(declared.DECLARED)
        return Plan(found, tuple(json.loads(artifacts[NOTES])), (*warnings, *unseen, *untold), before)

    def _vault_changes(self, artifacts: Artifacts) -> tuple[list[Change], tuple[str, ...]]:
        if VAULT not in artifacts:
            return [], ()
        return clustervault.examine(self, json.loads(artifacts[VAULT]), self._vault_credential)

    def hurry_secrets(self) -> None:
        """Make the hub's pod see a changed Secret at once."""
        tokendelivery.poke(self)

    @contextlib.contextmanager
    def login(self) -> Iterator["LoginLayer"]:
        """How users sign in, where a provider knows them."""
        with self._login_layer(self.artifacts()) as found:
            yield found

    def _login_layer(self, artifacts: Artifacts) -> AbstractContextManager["LoginLayer"]:
        from apply import clusterlogin  # a stack without a provider need not wait for it

        return clusterlogin.login_layer(self, artifacts)

    def _login_changes(self, artifacts: Artifacts) -> tuple[list[Change], tuple[str, ...]]:
        if not by_provider(self.stack.auth):
            return [], ()
        with self._login_layer(artifacts) as login:
            return login.examine()

    def _unchanged(self, artifacts: Artifacts, seen: Glance, tell: Tell) -> bool:
        """Whether all that a glance shows is as the last install has left it."""
        if not seen.generations or namespace_changes(artifacts, seen):
            return False
        as_left = seen.generations[-1].summary["workloads"] == workloads(self.stack, seen)
        # Vault and login last: nothing of them is in the glance, and only who has a credential can look.
        as_left = as_left and self.releases(tell).all_applied(artifacts, seen)
        names = {item["metadata"]["name"] for item in seen.secrets}
        as_left = as_left and (keeps_service_token(artifacts) or layout(self.stack).service_secret in names)
        return as_left and not self._vault_changes(artifacts)[0] and not self._login_changes(artifacts)[0]

    def _waiting_login(self, seen: Glance) -> FirstLogin | None:
        from apply.firstlogin import waiting

        return waiting(self.kube, self.namespace, self.stack, seen.secrets)

    def hub(self) -> AbstractContextManager[HubApi]:
        """The hub's API with the admin service's token, while the body runs."""
        from apply import clusterhub

        return clusterhub.hub(self)

    def reach(self) -> AbstractContextManager["Reach"]:
        """The way to what users reach: the public address, else a tunnel to the proxy."""
        from apply import clusterhub

        return clusterhub.reach(self)

    def service_token(self, tell: Tell, /) -> AbstractContextManager["ServiceToken"]:
        """Its Secret, or Vault."""
        from apply import clusterservice

        return clusterservice.place(self, tell)

    def give_secrets(self, user: str) -> str:
        """The user's own policy in Vault, where each has one."""
        if not has_user_policies(self.stack.vault):
            return ""
        if self._vault_credential is None:
            return f"{user} has no secrets until somebody with a credential for Vault runs inv vault.apply"
        with clustervault.signed_in(self, self._vault_credential) as vault:
            userpolicies.ensure(vault, layout(self.stack), [user])
        return ""

    def uninstall(self, purge: bool, confirm: Callable[[str], None], tell: Tell) -> str:
        """Remove what install made; homes, accounts and keys stay unless `purge`."""
        from apply.removal import remove

        return remove(self, purge, confirm, tell)
