"""What this version cannot do yet on a target: refused by plan and install, never ignored. Pure."""

from collections.abc import Callable
from pathlib import Path as FilePath

from spec.document import Document, Path
from spec.load import document_of
from spec.login import by_provider
from spec.model import Stack
from spec.problems import Problem
from spec.ways import OURS, ways

Row = tuple[Path, Callable[[Stack], bool]]


def _named(_: Stack) -> bool:
    return True


_LOCAL: tuple[Row, ...] = (
    (("ca",), lambda stack: stack.ca is not None and not by_provider(stack.auth)),
    (("vault", "address"), lambda stack: stack.vault.address is not None),
    (("vault", "namespace"), lambda stack: stack.vault.namespace is not None),
    (("vault", "preset"), lambda stack: stack.vault.preset is not None),
    (("vault", "hub_login"), lambda stack: ways(stack.vault).hub_login != OURS.hub_login),
    (("vault", "admin_token"), _named),
    (("monitoring", "namespace"), _named),
    (("monitoring", "alerts"), _named),
    (("monitoring", "dashboard"), _named),
    (("gpu", "enabled"), lambda stack: stack.gpu.enabled is True),
    (("gpu", "limit"), _named),
    (("gpu", "runtime_class"), _named),
    (("gpu", "create_runtime_class"), lambda stack: stack.gpu.create_runtime_class),
    (("gpu", "all_profiles"), lambda stack: stack.gpu.all_profiles),
    (("storage", "kind"), lambda stack: stack.storage.kind == "nfs"),
    (("storage", "class_name"), _named),
    (("storage", "capacity"), _named),
    (("storage", "nfs"), _named),
    (("storage", "fs_group"), _named),
    (("storage", "shared"), lambda stack: bool(stack.storage.shared)),
    (("storage", "volumes"), lambda stack: bool(stack.storage.volumes)),
    (("ingress",), _named),
    (("images",), _named),
    (("chart",), _named),
    (("chart_values",), lambda stack: bool(stack.chart_values)),
    (("egress",), lambda stack: bool(stack.egress)),
    (("notebook", "pre_pull"), _named),
    (("notebook", "placeholders"), lambda stack: bool(stack.notebook.placeholders)),
)
"""A place in the file and whether it asks for something; a place that the file does not name asks for nothing."""


def unavailable(stack: Stack, file: FilePath) -> list[Problem]:
    """What the file asks for and cannot have yet, with its lines."""
    document = document_of(file)
    words = f"not available yet on target {stack.target.kind}"
    if stack.target.kind == "kubernetes":
        return _vault(stack, document)
    found = [document.problem(path, words, "remove it") for path, asks in _LOCAL if document.has(path) and asks(stack)]
    for slug, profile in stack.profiles.items():
        for name in ("choices", "storage", "pod"):
            if getattr(profile, name):
                found.append(document.problem(("profiles", slug, name), words, "remove it", at_key=True))
    return sorted(found)


def _vault(stack: Stack, document: Document) -> list[Problem]:
    """Install runs no Vault of its own on a cluster, and a file may ask for secrets without a word."""
    if not stack.vault.enabled or stack.vault.address:
        return []
    path = document.nearest(("vault",), ("target", "kind"))
    message = "users' secrets on a cluster need vault.address, where Vault or OpenBao is"
    hint = "vault: {address: https://vault.example.net}, or vault: {enabled: false}"
    return [document.problem(path, message, hint)]
