"""The hub's settings for tests, as the command renders them."""

import copy
from typing import Any

AUTH = {
    "kind": "dummy",
    "admin_users": ["admin"],
    "allowed_users": [],
    "allow_all": True,
    "open_signup": False,
    "minimum_password_length": 8,
    "username_pattern": "",
}
CULLING = {
    "enabled": True,
    "idle_timeout_seconds": 7200,
    "every_seconds": 600,
    "max_age_seconds": 518400,
    "admins": True,
    "users": False,
}
SERVICES = [
    {
        "name": "admin-service",
        "scopes": ["admin:users", "tokens", "admin:servers"],
        "token_variable": "BUUNSTACK_ADMIN_SERVICE_TOKEN",
    },
    {
        "name": "culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "token_variable": "BUUNSTACK_CULLER_TOKEN",
    },
]
VAULT = {
    "address": "https://127.0.0.1:8200",
    "ca_file": None,
    "namespace": None,
    "jwt_file": None,
    "jwt_key_file": "/nowhere/hub-login.key",
    "token_file": None,
    "auth_mount": "jupyterhub-hub",
    "login_role": "hub",
    "token_role": "jupyterhub-notebook",
    "policy": "jupyterhub-notebook-user",
    "user_policy_prefix": None,
    "mount": "secret",
    "root": "jupyter",
    "ttl": "1h",
    "max_ttl": "12h",
    "delivery": "on_demand",
    "required": False,
}
LOCAL = {
    "state": "/nowhere",
    "public_url": "http://127.0.0.1:8000/",
    "hub_port": 8081,
    "proxy_api_url": "http://127.0.0.1:8099",
    "proxy_api_user": "hub",
    "python": "/nowhere/python",
    "confinement": "off",
    "read_only_paths": [],
    "tls": None,
}
ENVIRONMENT = {
    "BUUNSTACK_ADMIN_SERVICE_TOKEN": "admin-service-token-of-tests",
    "BUUNSTACK_CULLER_TOKEN": "culler-token-of-tests",
    "PROXY_API_PASSWORD": "proxy-password-of-tests",
}


def profile(slug: str, **changes: Any) -> dict[str, Any]:
    """A profile that can be started."""
    return {
        "slug": slug,
        "display_name": slug.capitalize(),
        "description": f"All of {slug}",
        "image": f"quay.io/jupyter/{slug}-notebook:2026-11-02",
        "default": False,
        "available": True,
        "reason": "",
        "groups": [],
        "environment": {},
        "environment_id": None,
        **changes,
    }


def settings(**changes: Any) -> dict[str, Any]:
    """Whole settings, with some top-level keys replaced."""
    whole = {
        "stack": "jupyterhub",
        "title": "Notebooks of tests",
        "log_level": "info",
        "logo_file": None,
        "auth": AUTH,
        "provider": None,
        "profiles": [profile("minimal", default=True)],
        "vault": VAULT,
        "page": None,
        "mcp": None,
        "notebook": {"environment": {}, "log_level": "warning", "allow_token_in_url": False},
        "culling": CULLING,
        "services": SERVICES,
        "local": LOCAL,
        "cluster": None,
    }
    return copy.deepcopy({**whole, **changes})
