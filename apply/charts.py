"""The charts a stack is made from: our own in this repository, z2jh from the user's cache or its repository."""

import hashlib
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.cyaml import CSafeLoader

from apply import caches, run
from apply.helm import Helm
from spec.errors import StackError

_ROOT = Path(__file__).parent.parent
_NAME = "jupyterhub"


@dataclass(frozen=True)
class Chart:
    """A chart on this machine."""

    path: Path
    """A .tgz file or a folder."""

    def read(self, name: str) -> str:
        """A file of the chart; empty when it has none of that name.

        Raises:
            StackError: the chart cannot be read.
        """
        try:
            if self.path.is_dir():
                file = self.path / name
                return file.read_text("utf-8") if file.is_file() else ""
            with tarfile.open(self.path) as archive:
                members = {member.partition("/")[2]: member for member in archive.getnames()}
                content = archive.extractfile(members[name]) if name in members else None
                return content.read().decode("utf-8") if content else ""
        except (OSError, tarfile.TarError) as error:
            raise StackError(f"the chart {self.path} cannot be read: {error}", hint=f"remove {self.path}") from error

    def facts(self) -> dict[str, Any]:
        """Chart.yaml."""
        return dict(_yaml(self.read("Chart.yaml")) or {})

    def values(self) -> dict[str, Any]:
        """The chart's own defaults."""
        return dict(_yaml(self.read("values.yaml")) or {})

    def digest(self) -> str:
        """A fingerprint of every file."""
        digest = hashlib.sha256()
        files = [self.path] if self.path.is_file() else sorted(p for p in self.path.rglob("*") if p.is_file())
        for file in files:
            digest.update(file.relative_to(self.path).as_posix().encode() + file.read_bytes())
        return digest.hexdigest()


def found(declared: str | dict[str, Any], helm: Helm, tell: Callable[[str], None]) -> Chart:
    """The chart that a release names: a folder of this repository, or z2jh by version, repository and source.

    Raises:
        StackError: it is neither in the cache nor to be had.
    """
    if isinstance(declared, str):
        return Chart(_ROOT / declared)
    source, version = declared.get("source"), str(declared["version"])
    if source and not source.startswith("oci://"):
        path = Path(source).expanduser()
        if not path.exists():
            raise StackError(f"chart.source: {path} is not there", hint="a folder, a .tgz file or an oci:// address")
        return Chart(path)
    kept = cache() / f"{_NAME}-{version}.tgz"
    if not kept.is_file():
        tell(f"fetching chart {_NAME} {version}")
        _pull(source or str(declared["repository"]), version, kept, helm)
    return Chart(kept)


def cache() -> Path:
    """Where charts are kept, so that a later install works without their repository."""
    return caches.cache("charts")


def _pull(source: str, version: str, kept: Path, helm: Helm) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    named = [source] if source.startswith("oci://") else [_NAME, f"--repo={source}"]
    command = [helm.program, "pull", *named, f"--version={version}", f"--destination={kept.parent}"]
    try:
        run.run(command, what=f"fetching chart {_NAME} {version}")
    except StackError as error:
        raise StackError(
            f"{error.message}\nchart {_NAME} {version} is not in {kept.parent} either",
            hint=f"put {kept.name} there, or name it with chart.source",
        ) from error


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=CSafeLoader)
