"""The registry of a stack: what it has, and pushes into it. Logins are the engine's own."""

import json
import re
import tempfile
from pathlib import Path

import msgspec

from apply import rest
from apply.engine import Engine, EngineError
from apply.run import run
from spec.errors import StackError, TargetUnreachable
from spec.hosts import is_loopback
from spec.model import Stack

_KINDS = ", ".join(
    f"application/vnd.{name}+json"
    for name in (
        *("oci.image.manifest.v1", "oci.image.index.v1"),
        *("docker.distribution.manifest.v2", "docker.distribution.manifest.list.v2"),
    )
)
"""Manifests and lists of them (opencontainers/distribution-spec; Docker's older names)."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class _Descriptor(msgspec.Struct):
    """opencontainers/image-spec, descriptor."""

    digest: str
    size: int


class _Manifest(msgspec.Struct):
    """Of an image, or with `manifests` of one for several platforms (opencontainers/image-spec, manifest and index)."""

    config: _Descriptor | None = None
    layers: list[_Descriptor] = msgspec.field(default_factory=list)
    manifests: list[_Descriptor] | None = None

    @property
    def size(self) -> int | None:
        """Bytes of all that is pulled; None where it is no image's."""
        return sum(one.size for one in (self.config, *self.layers)) if self.config else None


def plain_http(stack: Stack, registry: str | None = None) -> bool:
    """Whether a registry, else the stack's, is spoken to without TLS: on this machine, or where the file says so."""
    host = (registry or stack.images.registry).partition("/")[0].partition(":")[0]
    return stack.images.plain_http or is_loopback(host)


def digest(stack: Stack, file: Path, reference: str, engine: Engine) -> str | None:
    """The digest that the registry has under an image's tag; None where there is no such image.

    Raises:
        TargetUnreachable: it does not answer, or wants a login that the engine does not have.
    """
    host, name, _ = _parts(reference)
    answer = _asked("HEAD", stack, file, reference)
    if answer.status == 404:
        return None
    if answer.status in (401, 403):
        if found := engine.digest_with_login(reference):
            return found
        raise TargetUnreachable(
            f"the registry at {host} wants a login for {name}", hint=f"{engine.command} login {host}"
        )
    if found := answer.headers.get("docker-content-digest"):
        return found
    raise TargetUnreachable(f"the registry at {host} answered {answer.status} and no digest")


def size(stack: Stack, file: Path, reference: str, engine: Engine) -> int | None:
    """Bytes of an image as the registry keeps them, compressed: what a node pulls that has none of its layers.

    Of several platforms the biggest one's, since a node pulls one of them. None where the registry does not tell, or
    tells only to the engine's own login and the engine does not pass it on.

    Args:
        reference: by a digest.

    Raises:
        TargetUnreachable: it does not answer.
    """
    manifest = _manifest(stack, file, reference, engine)
    if manifest is None or manifest.manifests is None:
        return manifest.size if manifest else None
    name = reference.partition("@")[0]
    platforms = [_manifest(stack, file, f"{name}@{one.digest}", engine) for one in manifest.manifests]
    sizes = [one.size for one in platforms if one and one.size is not None]
    return max(sizes, default=None) if len(sizes) == len(platforms) else None


def _manifest(stack: Stack, file: Path, reference: str, engine: Engine) -> _Manifest | None:
    answer = _asked("GET", stack, file, reference)
    content = answer.content
    if answer.status in (401, 403):
        content = engine.manifest_with_login(by_digest_alone(reference), plain_http(stack))
    try:
        return msgspec.convert(content, _Manifest)
    except msgspec.ValidationError:
        return None


def _asked(method: str, stack: Stack, file: Path, reference: str) -> rest.Answer:
    """Of a manifest, without any login."""
    host, name, tag = _parts(reference)
    scheme = "http" if plain_http(stack) else "https"
    url = f"{scheme}://{host}/v2/{name}/manifests/{tag}"
    trust = file.parent / stack.ca if stack.ca and scheme == "https" else None
    return rest.exchange(method, url, what="the registry", headers={"Accept": _KINDS}, trust=trust)


def _parts(reference: str) -> tuple[str, str, str]:
    """Host, name, and digest or tag."""
    host, _, path = reference.partition("/")
    tagged, _, digest = path.partition("@")
    name, _, tag = tagged.partition(":")
    return host, name, digest or tag


def by_digest_alone(reference: str) -> str:
    """A registry is asked with a tag or a digest, not with both."""
    name, at, digest = reference.partition("@")
    host, slash, path = name.rpartition("/")
    return f"{host}{slash}{path.partition(':')[0]}@{digest}" if at else reference


def push(engine: Engine, reference: str, plain: bool) -> str:
    """Push an image under its name; the digest that the registry has given it.

    Raises:
        EngineError: the registry refused it, or does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "digest"
        # Docker's daemon knows by itself which registries have no TLS, and prints the digest.
        flags = [f"--tls-verify={str(not plain).lower()}", f"--digestfile={file}"] if engine.podman else []
        said = _said(engine, f"pushing {reference}", "push", *flags, reference)
        if found := _DIGEST.search(file.read_text("utf-8") if engine.podman else said):
            return found[0]
    raise EngineError(f"pushing {reference}: the engine told no digest")


def speaks_http(engine: Engine, host: str) -> bool:
    """Whether Docker's daemon would speak HTTP to a registry without being told to in a call."""
    if engine.podman:
        return False
    told = json.loads(_said(engine, "asking the engine", "info", "--format", "{{json .RegistryConfig}}"))
    entry = (told.get("IndexConfigs") or {}).get(host) or {}
    return entry.get("Secure") is False


def _said(engine: Engine, what: str, *words: str) -> str:
    try:
        return run([engine.command, *words], what=what)
    except StackError as error:
        raise EngineError(error.message, error.hint) from None
