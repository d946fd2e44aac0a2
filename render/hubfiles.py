"""What the hub reads: its settings, and its own Python files. Pure; reads only this repository's files."""

import json
from pathlib import Path
from typing import Any

from render.environments import environment_id, unavailable_reason
from render.vault import VaultLayout
from spec.model import Stack
from spec.profiles import EffectiveProfile, effective_profiles
from spec.quantities import seconds

_ROOT = Path(__file__).parent.parent
_SHIPPED = ("*.py", "*.html")


def package_files(package: str) -> dict[str, str]:
    """Path below the repository -> text, for each file of a package."""
    files = sorted(path for kind in _SHIPPED for path in (_ROOT / package).rglob(kind))
    return {file.relative_to(_ROOT).as_posix(): file.read_text("utf-8") for file in files}


def layout(stack: Stack) -> VaultLayout:
    """The names a stack uses in Vault."""
    return VaultLayout(stack.name, stack.vault.mount, stack.vault.root)


def settings(stack: Stack) -> dict[str, Any]:
    """The hub's settings that hold on each target."""
    return {
        "stack": stack.name,
        "title": stack.hub.title,
        "log_level": stack.hub.log_level,
        "auth": {
            "kind": stack.auth.kind,
            "admin_users": sorted(stack.auth.admin_users),
            "allowed_users": sorted(stack.auth.allowed_users),
            "allow_all": stack.auth.allow_all,
            "open_signup": stack.auth.native.open_signup,
            "minimum_password_length": stack.auth.native.minimum_password_length,
        },
        "profiles": [_profile(profile) for profile in effective_profiles(stack) if profile.enabled],
        "notebook": {
            "environment": dict(sorted(stack.notebook.environment.items())),
            "log_level": stack.notebook.buunstack_log_level,
        },
        "culling": {
            "enabled": stack.culling.enabled,
            "idle_timeout_seconds": seconds(stack.culling.idle_timeout),
            "every_seconds": seconds(stack.culling.every),
            "max_age_seconds": seconds(stack.culling.max_age),
            "admins": stack.culling.admins,
            "users": stack.culling.users,
        },
    }


def _profile(profile: EffectiveProfile) -> dict[str, Any]:
    reason = unavailable_reason(profile)
    return {
        "slug": profile.slug,
        "display_name": profile.display_name,
        "description": profile.description,
        "image": profile.image,
        "default": profile.default,
        "available": not reason,
        "reason": reason,
        "groups": sorted(profile.declared.groups),
        "environment": dict(sorted(profile.declared.environment.items())),
        "environment_id": environment_id(profile),
    }


def text(content: Any) -> str:
    """JSON as a file: the same bytes for the same content."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
