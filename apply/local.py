"""The local target: one machine, real parts as processes of the calling user."""

import contextlib
import json
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import (
    confinement,
    declared,
    environments,
    facts,
    localvault,
    supervision,
    userpolicies,
)
from apply.localhub import ADMIN_TOKEN, LocalHub
from apply.placement import APPLIED, FIRST_PASSWORD, LOGIN, POLICIES, SUPERVISION, files, note_written, wanted
from apply.plan import Observed, Plan, Wanted, plan
from apply.state import StateDirectory
from apply.target import Confirm, FirstLogin, Options, Outcome, Tell
from render.artifacts import Artifacts, render
from render.hubfiles import layout
from spec.errors import AppliedInPart, StackError
from spec.login import by_provider, embedded, first_user
from spec.model import Stack
from spec.ways import has_user_policies

if TYPE_CHECKING:
    from apply.loginlayer import LoginLayer
    from apply.reach import Reach
    from apply.servicerotation import ServiceToken

_ROUTES = "traefik/rules.toml"


class LocalTarget(LocalHub):
    """One stack on this machine."""

    def __init__(self, stack: Stack, state: StateDirectory, folder: Path) -> None:
        """Touches nothing yet.

        Args:
            folder: of the stack file, from which what it names is found.
        """
        super().__init__(state)
        self.stack = stack
        self.folder = folder

    def artifacts(self) -> Artifacts:
        """Everything the stack is made from; values of this machine stay placeholders."""
        return render(self.stack)

    def examine(self, options: Options, _tell: Tell, /) -> Plan:
        """What install would do; changes nothing."""
        if options.prove:
            raise StackError("--prove spawn is for target kubernetes; nothing was changed", hint="leave it out")
        made = plan(self.wanted(self.artifacts()), self.observe())
        before = self.state.read(declared.DECLARED)
        if not by_provider(self.stack.auth):
            return Plan(made, before=before)
        from apply import locallogin  # a stack without a provider need not wait for it

        of_login, warnings = locallogin.examine(self._login(), self.state, made)
        return Plan([*made, *of_login], (), warnings, before)

    def locked(self, purpose: str, tell: Tell) -> AbstractContextManager[None]:
        """Keep other commands on this stack out while the context is open."""
        return self.state.lock(purpose, tell)

    def hurry_secrets(self) -> None:
        """Nothing: the hub reads a file at each use."""

    @contextlib.contextmanager
    def login(self) -> Iterator["LoginLayer"]:
        """How users sign in, where a provider knows them."""
        yield self._login()

    def _login(self) -> "LoginLayer":
        from apply import locallogin

        placed = self.wanted(self.artifacts()).files
        return locallogin.login_layer(self.stack, self.state, self.folder, placed)

    def install(self, options: Options, confirm: Confirm, tell: Tell) -> Outcome:
        """Make this machine agree with the stack file and prove it."""
        with self.state.lock("install", tell):
            made = self.examine(options, tell)
            if made.changes:
                confirm(made)
                self.apply(self.artifacts(), tell, options.wheels)
            warnings = self.warnings() if made.changes else []
            return Outcome(made, self.url(), self._first_login(), tuple(warnings))

    def _first_login(self) -> FirstLogin | None:
        path, password = self.state.path / FIRST_PASSWORD, self.state.read(FIRST_PASSWORD)
        if not password:
            return None
        return FirstLogin(first_user(self.stack), password, str(path), path.unlink)

    def uninstall(self, purge: bool, confirm: Callable[[str], None], tell: Tell) -> str:
        """Remove what install made; homes and secrets stay unless `purge`."""
        from apply import localremoval

        return localremoval.remove(self, purge, confirm, tell)

    def wanted(self, artifacts: Artifacts) -> Wanted:
        """The artifacts with what is known of this machine in them."""
        return wanted(self.stack, self.state, artifacts)

    def observe(self) -> Observed:
        """What is there; changes nothing."""
        if not self.state.exists():
            return Observed(files={}, missing=("the state directory, its secrets and certificates",))
        running = supervision.parts(self.state)
        stale = facts.stale(self.stack, self.state, supervision.living(self.state))
        return Observed(
            files=files(self.state),
            parts={name: (str(part["state"]), str(part["fingerprint"])) for name, part in running.items()},
            environments=environments.complete(self.state),
            objects=self._applied(),
            missing=("ports or certificates",) if stale else (),
        )

    def apply(self, artifacts: Artifacts, tell: Tell, wheels: Path | None = None) -> None:
        """Make the changes; each step may be repeated.

        Raises:
            AppliedInPart: a step failed; the message says which and what stands.
        """
        steps = (
            ("state directory", self._ensure_state),
            # Before the files, which name ports: what was free may be taken when an environment is built at last.
            ("environments", lambda say: self._ensure_environments(artifacts, say, wheels)),
            ("files", lambda say: self._write_files(artifacts, say)),
            ("parts", lambda say: self._ensure_parts(artifacts, say)),
            ("secrets", lambda say: self._ensure_vault(artifacts, say)),
            ("provider", self._ensure_provider),
            ("login", lambda say: self._ensure_login(artifacts, say)),
            ("login page", self._prove),
        )
        for number, (name, step) in enumerate(steps):
            try:
                step(tell)
            except StackError as error:
                if number == 0:
                    raise
                raise AppliedInPart(
                    f"{error.message}\nat step {number + 1} of {len(steps)} ({name}); the steps before it are done",
                    hint=error.hint or "inv doctor says what is wrong; then inv install goes on where it stopped",
                ) from error

    def _prove(self, tell: Tell) -> None:
        from apply.proof import prove  # an install that changes nothing asks nobody

        prove(self.stack, self.state, tell)

    def warnings(self) -> list[str]:
        """What an administrator must know of this machine."""
        return confinement.warnings(self.stack, confinement.landlock(self.state))

    def url(self) -> str:
        """The address users visit.

        Raises:
            StackError: nothing is installed, so that it is not decided yet.
        """
        values = facts.known(self.stack, self.state)
        if "public_url" not in values:
            raise StackError(f"no stack is installed in {self.state.path}", hint="inv install")
        return str(values["public_url"])

    def wanted_parts(self) -> list[str]:
        """The names of the parts of the last install."""
        table = self.state.read_json("conf/parts.json") or {"parts": []}
        return [part["name"] for part in table["parts"]]

    @contextlib.contextmanager
    def reach(self) -> Iterator["Reach"]:
        """The way to what users reach: the proxy's own address."""
        from apply.reach import local_reach

        yield local_reach(self.stack, self.state)

    @contextlib.contextmanager
    def service_token(self, _tell: Tell, /) -> Iterator["ServiceToken"]:
        """A file of the state directory."""
        from apply.servicerotation import FileToken

        yield FileToken(self.state, ADMIN_TOKEN)

    def _ensure_state(self, tell: Tell) -> None:
        self.state.ensure()
        localvault.refuse_other_names(self.stack, self.state)
        if embedded(self.stack):
            from apply import keycloakdist

            keycloakdist.ensure(self.state.path / "keycloak", tell)
        facts.ensure(self.stack, self.state, supervision.living(self.state))
        if self.state.read(_ROUTES) is None:
            # The proxy cannot watch a file that is not there; the hub fills it.
            self.state.write(_ROUTES, "")
        for path in self.state.wide_open():
            tell(f"warning: {path} could be read by others of this machine; it is private again")
            path.chmod(0o700 if path.is_dir() else 0o600)

    def _write_files(self, artifacts: Artifacts, tell: Tell, holding: Container[str] | None = None) -> None:
        """Args: holding: the parts that have their ports; without it those that run."""
        facts.ensure(self.stack, self.state, supervision.living(self.state) if holding is None else holding)
        wanted, there = self.wanted(artifacts).files, files(self.state)
        for path, text in wanted.items():
            if there.get(path) != text:
                self.state.write(path, text)
        for path in there.keys() - wanted.keys():
            (self.state.path / path).unlink(missing_ok=True)
        note_written(self.stack, self.state, wanted)
        tell(f"files are in {self.state.path}")

    def _ensure_environments(self, artifacts: Artifacts, tell: Tell, wheels: Path | None) -> None:
        for identity, requirements in self.wanted(artifacts).environments.items():
            environments.ensure(self.state, identity, requirements, tell, wheels)

    def _ensure_parts(self, artifacts: Artifacts, tell: Tell, tries: int = 4) -> None:
        wanted = self.wanted(artifacts)
        if localvault.is_half_made(self.stack, self.state):
            supervision.stop(self.state, servers=False)
            localvault.begin_anew(self.state)
        if not supervision.alive(self.state):
            supervision.start(self.state)
        elif self._applied().get(SUPERVISION) != wanted.objects[SUPERVISION]:
            supervision.replace(self.state)
        else:
            supervision.reload(self.state)
        self._note(SUPERVISION, wanted.objects[SUPERVISION])

        def told(states: dict[str, str]) -> None:
            tell("parts: " + ", ".join(f"{name} {state}" for name, state in states.items()))

        try:
            supervision.wait_ready(self.state, wanted.parts, told)
        except StackError:
            # Between choosing a free port and listening on it, another program may have taken it; and a part that
            # starts again and again for want of its port holds none.
            holding = supervision.ready(self.state)
            if tries == 0 or not facts.stale(self.stack, self.state, holding):
                raise
            self._write_files(artifacts, tell, holding)
            self._ensure_parts(artifacts, tell, tries - 1)

    def _ensure_vault(self, artifacts: Artifacts, tell: Tell) -> None:
        wanted = self.wanted(artifacts)
        digest = wanted.objects.get(POLICIES)
        if digest is None or self._applied().get(POLICIES) == digest:
            return
        self._write_vault(json.loads(wanted.files["conf/vault.json"]))
        localvault.note_names(self.stack, self.state)
        self._note(POLICIES, digest)
        tell("secrets: policies and token role are as declared")

    def _ensure_provider(self, tell: Tell) -> None:
        if by_provider(self.stack.auth):
            from apply import locallogin

            locallogin.ensure_provider(self._login(), self.state, tell)

    def _ensure_login(self, artifacts: Artifacts, tell: Tell) -> None:
        name = self.wanted(artifacts).objects.get(LOGIN)
        if name is None or self._applied().get(LOGIN) == name:
            return
        from apply import locallogin

        locallogin.ensure_account(self.state, self.hub_api(), name, tell)
        self._note(LOGIN, name)

    def give_secrets(self, user: str) -> str:
        """The user's own policy in Vault, where each has one."""
        if has_user_policies(self.stack.vault):
            with localvault.signed_in(self.stack, self.state) as vault:
                userpolicies.ensure(vault, layout(self.stack), [user])
        return ""

    def _write_vault(self, objects: dict[str, Any]) -> None:
        with localvault.signed_in(self.stack, self.state) as vault:
            localvault.write(vault, objects)
            if has_user_policies(self.stack.vault):
                userpolicies.ensure(vault, layout(self.stack), self.hub_api().names())

    def _applied(self) -> dict[str, str]:
        found = self.state.read_json(APPLIED)
        return found if isinstance(found, dict) else {}

    def _note(self, name: str, fingerprint: str) -> None:
        self.state.write(APPLIED, json.dumps({**self._applied(), name: fingerprint}, indent=2) + "\n")
