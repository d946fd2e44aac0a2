"""Secrets that a stack file names and does not hold: read where they are kept, and kept there once they are made."""

import base64
import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from apply.passwords import new_secret
from apply.state import write_private
from spec.errors import StackError

if TYPE_CHECKING:
    from apply.kube import Kube
    from apply.vault import Vault

FORMS = "env:NAME, file:PATH, vault:MOUNT/PATH#FIELD or k8s:SECRET#KEY"
"""What a reference may be."""


@dataclass(frozen=True)
class Places:
    """Where references lead; Vault and the cluster are asked for only when one leads there."""

    folder: Path
    """Of the stack file, from which files are found."""
    vault: Callable[[], "Vault"]
    """A client that is signed in; the caller closes it."""
    kube: Callable[[], "Kube"]
    namespace: str
    """Where Secrets of Kubernetes are."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)


def resolve(reference: str, name: str, places: Places) -> str:
    """The secret behind a reference.

    Args:
        name: the field of the stack file that has the reference.

    Raises:
        StackError: nothing is kept there, or it cannot be read.
    """
    value = kept(reference, name, places)
    if value is None:
        hint = "set the variable" if reference.startswith("env:") else "put the secret there, or correct the reference"
        raise StackError(f"{name}: {reference} leads to no secret", hint)
    return value


def kept(reference: str, name: str, places: Places) -> str | None:
    """The secret behind a reference; None where nothing is kept yet.

    Raises:
        StackError: the place cannot be read.
    """
    kind, _, place = reference.partition(":")
    with _named(name):
        value = _READERS[kind](place, places)
    return value or None


def made(reference: str, name: str, places: Places) -> str:
    """A new secret, kept behind a reference.

    Raises:
        StackError: it cannot be kept there.
    """
    value = new_secret()
    keep(reference, value, name, places)
    return value


def keep(reference: str, value: str, name: str, places: Places) -> None:
    """Keep a secret that was made a moment ago where its reference leads; what else is kept there stays.

    Raises:
        StackError: it cannot be kept there.
    """
    kind, _, place = reference.partition(":")
    if kind == "env":
        message = f"{name}: {reference} is not set, and a new secret cannot be kept in an environment"
        raise StackError(message, f"set the variable, or name a place that keeps it: {FORMS}")
    with _named(name):
        _KEEPERS[kind](place, value, places)


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Put the field of the stack file before whatever its place refuses."""
    try:
        yield
    except StackError as error:
        error.message = f"{name}: {error.message}"
        error.args = (error.message,)
        raise


def _of_environment(place: str, places: Places) -> str | None:
    return places.environ.get(place)


def _of_file(place: str, places: Places) -> str | None:
    path = _path(place, places)
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise StackError(f"{path} cannot be read: {reason}", hint=f"ls -l {path}") from error


def _to_file(place: str, value: str, places: Places) -> None:
    path = _path(place, places)
    try:
        write_private(path, f"{value}\n")
    except OSError as error:
        raise StackError(f"{path} cannot be written: {error.strerror}", hint=f"ls -ld {path.parent}") from error


def _path(place: str, places: Places) -> Path:
    return places.folder / Path(place).expanduser()


def _of_vault(place: str, places: Places) -> str | None:
    path, key = _vault_place(place)
    found = (places.vault().read(path) or {}).get("data") or {}
    return None if key not in found else str(found[key])


def _to_vault(place: str, value: str, places: Places) -> None:
    """Only over the version that was read: another field must not be lost."""
    path, key = _vault_place(place)
    vault = places.vault()
    there = vault.read(path) or {}
    version = (there.get("metadata") or {}).get("version", 0)
    vault.write(path, {"data": {**(there.get("data") or {}), key: value}, "options": {"cas": version}})


def _vault_place(place: str) -> tuple[str, str]:
    where, key = _split(place)
    mount, _, path = where.partition("/")
    if not (mount and path):
        raise StackError(f"vault:{place} names no mount and path", f"write {FORMS}")
    return f"{quote(mount)}/data/{quote(path)}", key


def _of_cluster(place: str, places: Places) -> str | None:
    secret, key = _split(place)
    found = _secret(secret, places)
    value = ((found or {}).get("data") or {}).get(key)
    return None if value is None else base64.b64decode(value).decode("utf-8", "replace")


def _to_cluster(place: str, value: str, places: Places) -> None:
    """Over the very state that was read: its resourceVersion goes along."""
    secret, key = _split(place)
    encoded = base64.b64encode(value.encode()).decode()
    found = _secret(secret, places)
    if found is None:
        metadata = {"name": secret, "namespace": places.namespace}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {key: encoded}}
        places.kube().create(_secrets(places), body)
    else:
        data = {**(found.get("data") or {}), key: encoded}
        places.kube().replace(f"{_secrets(places)}/{quote(secret)}", {**found, "data": data})


def _secret(secret: str, places: Places) -> dict[str, Any] | None:
    return places.kube().get(f"{_secrets(places)}/{quote(secret)}")


def _secrets(places: Places) -> str:
    return f"/api/v1/namespaces/{places.namespace}/secrets"


def _split(place: str) -> tuple[str, str]:
    where, _, key = place.rpartition("#")
    if not (where and key):
        raise StackError(f"{place} does not say which field, after a #", f"write {FORMS}")
    return where, key


_READERS: dict[str, Callable[[str, Places], str | None]] = {
    "env": _of_environment,
    "file": _of_file,
    "vault": _of_vault,
    "k8s": _of_cluster,
}
_KEEPERS: dict[str, Callable[[str, str, Places], None]] = {
    "file": _to_file,
    "vault": _to_vault,
    "k8s": _to_cluster,
}
