"""Helm as a program: the only caller of it. Values go through its standard input, since they hold secrets."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from apply import run
from spec.errors import StackError, ToolMissing

OLDEST = (3, 14)
"""Helm 3.14 has `--labels` on upgrade and keeps them over a rollback."""
_KEPT_REVISIONS = 10
_LAST_LINES = 6


@dataclass(frozen=True)
class Release:
    """One release and what it is made of."""

    name: str
    namespace: str
    chart: Path
    values: dict[str, Any]
    """With secrets in them: never printed, never in an argument."""


class Helm:
    """The Helm program of this machine, against one cluster."""

    def __init__(self, context: str | None) -> None:
        """Args: context: of the kubeconfig; the current one without it."""
        self._context = context

    @cached_property
    def program(self) -> str:
        """Where Helm lies: HELM names it, or it is found on PATH.

        Raises:
            ToolMissing: it is not there, or too old.
        """
        named = os.environ.get("HELM", "helm")
        path = run.found(named)
        if path is None:
            where = f"HELM names {named}, which is not a program" if "HELM" in os.environ else "it is not on PATH"
            raise ToolMissing(
                f"Helm is needed for target kubernetes, and {where}",
                hint="install Helm 3.14 or newer (helm.sh/docs/intro/install), or set HELM to it",
            )
        return path

    @cached_property
    def version(self) -> tuple[int, int]:
        """(major, minor).

        Raises:
            ToolMissing: it is older than 3.14.
        """
        said = run.run([self.program, "version", "--template", "{{.Version}}"], what="asking Helm for its version")
        found = re.search(r"v?([0-9]+)\.([0-9]+)", said)
        version = (int(found[1]), int(found[2])) if found else (0, 0)
        if version < OLDEST:
            raise ToolMissing(
                f"Helm {said.strip()} at {self.program} is too old: 3.14 is the oldest that works",
                hint="install a newer Helm, or set HELM to one",
            )
        return version

    def manifests(self, release: Release, kube_version: str | None) -> str:
        """What the chart becomes with these values, as YAML documents; asks no cluster.

        Raises:
            StackError: the chart refuses the values.
        """
        command = [self.program, "template", release.name, str(release.chart), f"--namespace={release.namespace}"]
        if kube_version:
            command.append(f"--kube-version={kube_version}")
        code, output = run.watched([*command, "--values=-"], given=_text(release), hopeless=_never, every_seconds=60)
        if code:
            raise StackError(f"chart {release.chart.name} cannot be rendered: {_last(output)}")
        return output

    def upgrade(
        self, release: Release, timeout: str, labels: dict[str, str], hopeless: Callable[[], bool]
    ) -> str | None:
        """Install or upgrade and wait until it is healthy; on a failure Helm goes back to what was there.

        Args:
            timeout: such as `20m`.
            labels: of the release's record.
            hopeless: see `run.watched`.

        Returns:
            None when all is well, else Helm's last words.
        """
        back = "--rollback-on-failure" if self.version >= (4, 0) else "--atomic"
        command = [
            *self._command("upgrade", release.name, release.namespace),
            str(release.chart),
            *("--install", "--wait", back, f"--timeout={timeout}", f"--history-max={_KEPT_REVISIONS}"),
            # What somebody changed by hand is put back; Helm 3 does that without being told.
            *(["--force-conflicts"] if self.version >= (4, 0) else []),
            *(f"--labels={key}={value}" for key, value in labels.items()),
            "--values=-",
        ]
        code, output = run.watched(command, given=_text(release), hopeless=hopeless)
        return _last(output) if code else None

    def rollback(self, name: str, namespace: str, revision: int, timeout: str = "5m", wait: bool = True) -> None:
        """Go back to an earlier revision, as a new one.

        Raises:
            StackError: Helm could not.
        """
        command = [*self._command("rollback", name, namespace), str(revision), f"--timeout={timeout}"]
        self._run([*command, *(["--wait"] if wait else [])], f"rolling {name} back to revision {revision}")

    def uninstall(self, name: str, namespace: str) -> None:
        """Remove a release; one that is not there is no error.

        Raises:
            StackError: Helm could not.
        """
        command = [*self._command("uninstall", name, namespace), "--ignore-not-found", "--wait", "--timeout=5m"]
        self._run(command, f"removing release {name}")

    def _command(self, verb: str, name: str, namespace: str) -> list[str]:
        context = [f"--kube-context={self._context}"] if self._context else []
        return [self.program, verb, name, f"--namespace={namespace}", *context]

    def _run(self, command: list[str], what: str) -> None:
        code, output = run.watched(command, given="", hopeless=_never)
        if code:
            raise StackError(f"{what} failed: {_last(output)}")


def _text(release: Release) -> str:
    return json.dumps(release.values)


def _never() -> bool:
    return False


def _last(output: str) -> str:
    """Helm's last lines; a schema error of Helm names keys and types, never values of secrets."""
    lines = [line for line in output.splitlines() if line.strip() and "level=WARN" not in line]
    return "\n".join(lines[-_LAST_LINES:])
