"""Brings a test's OpenBao to what the deployer makes of it: a stack's mount, policies and token role."""

import time
from typing import Any

from render.vault import VaultLayout, policies, token_role
from tests.openbao import OpenBao

_MOUNT_SECONDS = 20


def prepare(
    bao: OpenBao, stack: str = "jupyterhub", max_ttl: str = "12h", layout: VaultLayout | None = None
) -> VaultLayout:
    """Mount KV v2, write the stack's policies and token role; may be repeated for a second stack."""
    layout = layout or VaultLayout(stack)
    mounts = bao.ok("GET", "sys/mounts")["data"]
    if f"{layout.mount}/" not in mounts:
        bao.ok("POST", f"sys/mounts/{layout.mount}", body={"type": "kv", "options": {"version": "2"}})
    _wait_for_mount(bao, layout)
    accessor = bao.ok("GET", "sys/auth")["data"]["token/"]["accessor"]
    for name, hcl in policies(layout, accessor).items():
        bao.ok("PUT", f"sys/policies/acl/{name}", body={"policy": hcl})
    bao.ok("PUT", f"auth/token/roles/{layout.token_role}", body=token_role(layout, max_ttl))
    return layout


def notebook_token(
    bao: OpenBao, segment: str, ttl: str = "1h", stack: str = "jupyterhub", wrap: bool = False
) -> dict[str, Any]:
    """Make a user's token as the hub does; the answer's `auth`, or its `wrap_info` when wrapped for 60 s.

    Args:
        segment: the user's name as the hub encodes it.
    """
    body = {"entity_alias": f"{stack}.{segment}", "ttl": ttl, "display_name": f"notebook-{segment}"}
    path = f"auth/token/create/{VaultLayout(stack).token_role}"
    made = bao.ok("POST", path, body=body, headers={"X-Vault-Wrap-TTL": "60s"} if wrap else None)
    found: dict[str, Any] = made["wrap_info"] if wrap else made["auth"]
    return found


def _wait_for_mount(bao: OpenBao, layout: VaultLayout) -> None:
    """A new KV v2 mount answers 400 for a moment while it upgrades itself."""
    deadline = time.monotonic() + _MOUNT_SECONDS
    while bao.call("LIST", f"{layout.mount}/metadata/")[0] not in (200, 404):
        assert time.monotonic() < deadline, "the KV mount does not become ready"
        time.sleep(0.05)
