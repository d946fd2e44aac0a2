"""Secrets that install makes once for a stack on a cluster, kept in one Secret, and their places in the artifacts.

The chart would make them anew at each rendering without a cluster, and restart hub and proxy at the first upgrade that
changes nothing; so they are made here, given to it as values, and never change.
"""

import base64
import re
import secrets
from typing import Any

from apply.generations import KIND, STACK
from apply.kube import Kube, Refused
from render.extras import keys_secret

_PLACEHOLDER = re.compile(r'"@\{([a-z0-9_]+)\}"')
_BYTES = 32
"""64 hexadecimal digits: what JupyterHub takes as a crypt key and a cookie secret (jupyterhub.crypto, app.py)."""
_OF_CHART = {
    "cookie_secret": "hub.config.JupyterHub.cookie_secret",
    "proxy_token": "hub.config.ConfigurableHTTPProxy.auth_token",
    "crypt_key": "hub.config.CryptKeeper.keys",
}
"""Where the chart keeps those it made itself: a hub that was installed by hand keeps its sessions."""

Keys = dict[str, str]


def needed(text: str) -> set[str]:
    """The names that an artifact asks for."""
    return set(_PLACEHOLDER.findall(text))


def filled(text: str, keys: Keys) -> str:
    """The artifact with the keys in it."""
    return _PLACEHOLDER.sub(lambda found: f'"{keys[found[1]]}"', text)


def missing(names: set[str], there: Keys, of_chart: dict[str, Any] | None) -> Keys:
    """A key for each name that has none: the one of a chart installed by hand, else a new one."""
    return {name: adopted(name, of_chart) or secrets.token_hex(_BYTES) for name in sorted(names - there.keys())}


def adopted(name: str, of_chart: dict[str, Any] | None) -> str:
    """The key that a chart installed by hand has made for itself; empty when there is none."""
    return _decoded(of_chart, _OF_CHART[name]) if name in _OF_CHART else ""


def read(secret: dict[str, Any] | None) -> Keys:
    """The keys in a Secret."""
    return {name: _decoded(secret, name) for name in (secret or {}).get("data") or {}}


def ensure(kube: Kube, namespace: str, stack: str, wanted: Keys) -> Keys:
    """Keep these keys unless there are others already, which stay; what is kept then."""
    folder, name = f"/api/v1/namespaces/{namespace}/secrets", keys_secret(stack)
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": {STACK: stack, KIND: "keys"}},
        "stringData": wanted,
    }
    there = kube.get(f"{folder}/{name}")
    if there is None:
        try:
            return read(kube.create(folder, body))
        except Refused as error:
            if error.status != 409:
                raise
            there = kube.get(f"{folder}/{name}") or {}
    kept = read(there)
    if wanted.keys() - kept.keys():
        body["stringData"] = wanted | kept
        kube.replace(f"{folder}/{name}", body | {"metadata": there["metadata"]})
    return wanted | kept


def _decoded(secret: dict[str, Any] | None, name: str) -> str:
    return base64.b64decode(((secret or {}).get("data") or {}).get(name) or "").decode()
