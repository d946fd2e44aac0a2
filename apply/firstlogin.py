"""The first administrator of a stack in a cluster: the password waits in a Secret until somebody has seen it."""

from typing import Any

from apply import keys
from apply.generations import KIND, STACK
from apply.hubapi import HubApi
from apply.kube import Kube
from apply.passwords import new_password
from apply.target import FirstLogin, Tell
from spec.login import administrators
from spec.model import Stack

_OF_KIND = "first-login"


def ensure(kube: Kube, namespace: str, stack: Stack, hub: HubApi, tell: Tell) -> None:
    """Make the account unless it is there.

    The password is kept before the account is made, so that a crash between the two locks nobody out.
    """
    if stack.auth.kind != "native" or not administrators(stack.auth):
        return
    name = administrators(stack.auth)[0]
    if any(account["name"] == name and account["has_password"] for account in hub.accounts()):
        return
    password = new_password()
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": _secret(stack), "labels": {STACK: stack.name, KIND: _OF_KIND}},
        "stringData": {"user": name, "password": password},
    }
    kube.apply(_path(namespace, stack), body, "buunstack")
    hub.add_account(name, password, admin=True)
    tell(f"administrator {name} can sign in")


def waiting(kube: Kube, namespace: str, stack: Stack, metadata: list[dict[str, Any]]) -> FirstLogin | None:
    """The first password while nobody has seen it.

    Args:
        metadata: of the stack's Secrets; another request is made only when it is among them.
    """
    if not any(item["metadata"].get("labels", {}).get(KIND) == _OF_KIND for item in metadata):
        return None
    path = _path(namespace, stack)
    data = keys.read(kube.get(path))
    where = f"Secret {_secret(stack)} of namespace {namespace}"
    return FirstLogin(data.get("user", ""), data.get("password", ""), where, lambda: kube.delete(path))


def _secret(stack: Stack) -> str:
    return f"buunstack-{stack.name}-first-login"


def _path(namespace: str, stack: Stack) -> str:
    return f"/api/v1/namespaces/{namespace}/secrets/{_secret(stack)}"
