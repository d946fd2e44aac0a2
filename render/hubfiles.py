"""What the hub reads: its settings, and its own Python files. Pure; reads only this repository's files."""

import json
from pathlib import Path
from typing import Any

from render.found import Found
from render.login import SECRET_FILE, SECRET_FOLDER, provider_settings
from render.profiles import offered
from render.services import ADMIN_SERVICE, ADMIN_VARIABLE, services
from render.storage import shared_claim
from render.vault import HUB_ROLE, VaultLayout
from render.vaultvalues import LOGIN_FOLDER, MCP_PORT, PAGE_PORT, RENEWED_TOKEN
from spec.login import administrators, by_provider
from spec.model import Stack
from spec.profiles import EffectiveProfile, effective_profiles
from spec.quantities import seconds
from spec.ways import has_lasting_token, has_page, ways

_ROOT = Path(__file__).parent.parent
_SHIPPED = ("*.py", "*.html", "*.css")
CHART_FOLDER = "/usr/local/etc/jupyterhub"
"""Where the chart's own configuration lies: it is on the hub's Python path (files/hub/jupyterhub_config.py)."""
AUTHORITY_FILE = "buunstack/ca.pem"
MCP_PATH = "/services/mcp"
"""The one MCP endpoint for all users, below the platform's address."""
_OWN_API = "http://127.0.0.1:8081/hub/api"
"""The hub, for what runs in its own pod: its Service is not open to itself."""
_HELPER_ENVIRONMENT = {"PYTHONPATH": CHART_FOLDER, "PYTHONDONTWRITEBYTECODE": "1"}
OFFLINE = "offline"
"""The folder of the hub's code that is for a hub that does not run: a command brings it where it works."""
_LOADER = "hub/cluster/jupyterhub_config.py"
"""What the chart executes after its own configuration, from a folder of its own."""


def package_files(package: str) -> dict[str, str]:
    """Path below the repository -> text, for each file of a package."""
    files = sorted(path for kind in _SHIPPED for path in (_ROOT / package).rglob(kind))
    return {file.relative_to(_ROOT).as_posix(): file.read_text("utf-8") for file in files}


def hub_files(*without: str) -> dict[str, str]:
    """The hub's code without these of its folders: what only another target runs, or another way to Vault."""
    folders = tuple(f"hub/{name}/" for name in without)
    return {path: code for path, code in package_files("hub").items() if not path.startswith(folders)}


def unused_folders(stack: Stack) -> tuple[str, ...]:
    """Those of the hub's code that are left out: another login, and what is not declared."""
    return (*(() if by_provider(stack.auth) else ("oidc",)), *(() if stack.mcp.enabled else ("mcpgate",)))


def layout(stack: Stack) -> VaultLayout:
    """The names a stack uses in Vault, and the ways that they follow from."""
    found = ways(stack.vault)
    return VaultLayout(
        stack.name,
        stack.vault.mount,
        stack.vault.root,
        found.hub_login,
        found.isolation,
        buun_stack=stack.vault.preset is not None,
        keeps_service_token=stack.vault.enabled and stack.vault.admin_token.secret_store is not None,
    )


def known_users(stack: Stack) -> list[str]:
    """Users whom the file itself names."""
    return sorted({*administrators(stack.auth), *stack.auth.allowed_users})


def settings(stack: Stack) -> dict[str, Any]:
    """The hub's settings that hold on each target."""
    return {
        "stack": stack.name,
        "title": stack.hub.title,
        "log_level": stack.hub.log_level,
        "auth": {
            "kind": stack.auth.kind,
            "admin_users": sorted(administrators(stack.auth)),
            "allowed_users": sorted(stack.auth.allowed_users),
            "allow_all": stack.auth.allow_all,
            "open_signup": stack.auth.native.open_signup,
            "minimum_password_length": stack.auth.native.minimum_password_length,
            "username_pattern": stack.auth.username_pattern,
        },
        "profiles": [profile_settings(profile) for profile in effective_profiles(stack) if profile.enabled],
        "notebook": {
            "environment": dict(sorted(stack.notebook.environment.items())),
            "log_level": stack.notebook.buunstack_log_level,
            "allow_token_in_url": stack.mcp.allow_token_in_url,
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


def vault_settings(stack: Stack) -> dict[str, Any]:
    """What the hub is told of Vault on each target; where it is and how the hub logs in differ."""
    names = layout(stack)
    return {
        "auth_mount": names.hub_mount,
        "login_role": HUB_ROLE,
        "token_role": names.token_role,
        "policy": names.notebook_policy,
        "user_policy_prefix": names.user_policy_prefix if names.per_user else None,
        "mount": names.mount,
        "root": names.root,
        "ttl": ways(stack.vault).ttl,
        "max_ttl": ways(stack.vault).max_ttl,
        "namespace": stack.vault.namespace,
        "delivery": ways(stack.vault).delivery,
        "required": stack.vault.required,
    }


def profile_settings(profile: EffectiveProfile) -> dict[str, Any]:
    """A profile that can be started as it is."""
    return {
        "slug": profile.slug,
        "display_name": profile.display_name,
        "description": profile.description,
        "image": profile.image,
        "default": profile.default,
        "available": True,
        "reason": "",
        "groups": sorted(profile.declared.groups),
        "environment": dict(sorted(profile.declared.environment.items())),
        "environment_id": None,
    }


def service_settings(scopes: dict[str, list[str]], token_variables: dict[str, str]) -> list[dict[str, Any]]:
    """The services, each with the variable that brings its token to the hub; without one it comes otherwise."""
    return [
        {"name": name, "scopes": allowed, "token_variable": token_variables.get(name)}
        for name, allowed in scopes.items()
    ]


def cluster_settings(stack: Stack, found: Found) -> dict[str, Any]:
    """The hub's settings on a cluster; tokens of other services than the admin's come from the chart's Secret."""
    return {
        **settings(stack),
        "profiles": [profile_settings(profile) for profile in offered(stack, found)],
        "services": service_settings(services(stack, found), {ADMIN_SERVICE: ADMIN_VARIABLE}),
        "logo_file": f"{CHART_FOLDER}/{logo_name(stack)}" if stack.hub.logo else None,
        "provider": provider_settings(
            stack, f"https://{stack.hub.host}/", f"{SECRET_FOLDER}/{SECRET_FILE}", _authority(stack)
        ),
        "vault": _cluster_vault(stack),
        "page": _cluster_page(stack),
        "mcp": _cluster_mcp(stack),
        "local": None,
        "cluster": {"shared": _shared_folders(stack)},
    }


def _authority(stack: Stack) -> str | None:
    return f"{CHART_FOLDER}/{AUTHORITY_FILE}" if stack.ca else None


def logo_name(stack: Stack) -> str:
    """The logo's file in the hub's pod; browsers know a picture by its suffix."""
    return f"buunstack/logo{Path(str(stack.hub.logo)).suffix}"


def _cluster_vault(stack: Stack) -> dict[str, Any] | None:
    if not stack.vault.enabled:
        return None
    by_token = layout(stack).token_login
    return {
        **vault_settings(stack),
        "address": stack.vault.address,
        "ca_file": _authority(stack),
        "jwt_file": None if by_token else f"{LOGIN_FOLDER}/token",
        "jwt_key_file": None,
        "token_file": RENEWED_TOKEN if by_token else None,
    }


def page_environment(stack: Stack, vault: dict[str, Any]) -> dict[str, str]:
    """What the page for one's secrets is told, beside what the hub tells each of its services."""
    found = {"SECRETS_TITLE": stack.hub.title, "VAULT_ADDR": str(vault["address"])}
    for name, value in (("VAULT_CACERT", vault["ca_file"]), ("VAULT_NAMESPACE", vault["namespace"])):
        if value:
            found[name] = value
    return found


def _cluster_page(stack: Stack) -> dict[str, Any] | None:
    vault = _cluster_vault(stack)
    if vault is None or not has_page(stack.vault):
        return None
    own = {
        # The proxy comes to the pod's address.
        "SECRETS_HUB_API": _OWN_API,
        "SECRETS_LISTEN": "0.0.0.0",  # noqa: S104 - the NetworkPolicy lets the proxy in alone
        **_HELPER_ENVIRONMENT,
    }
    return {
        "url": f"http://hub:{PAGE_PORT}",
        "token_variable": None,
        "command": ["python3", "-m", "hub.secretspage"],
        "environment": {**page_environment(stack, vault), **own},
    }


def mcp_environment(stack: Stack, listen: str, hub_api: str) -> dict[str, str]:
    """What the MCP endpoint for all users is told.

    Args:
        listen: address and port.
        hub_api: address of the hub's API.
    """
    return {"MCP_LISTEN": listen, "MCP_PATH": MCP_PATH, "MCP_HUB_API": hub_api, "MCP_TITLE": stack.hub.title}


def _cluster_mcp(stack: Stack) -> dict[str, Any] | None:
    if not stack.mcp.enabled:
        return None
    listen = f"http://0.0.0.0:{MCP_PORT}"  # the NetworkPolicy lets the proxy in alone
    return {
        "url": f"http://hub:{MCP_PORT}",
        "command": ["python3", "-m", "hub.mcpgate"],
        "environment": {**mcp_environment(stack, listen, _OWN_API), **_HELPER_ENVIRONMENT},
    }


def _shared_folders(stack: Stack) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "groups": sorted(folder.groups),
            "read_only": folder.read_only,
            "path": folder.path or f"/shared/{name}",
            "claim": shared_claim(stack),
            "sub_path": f"shared/{name}",
        }
        for name, folder in sorted(stack.storage.shared.items())
    ]


def cluster_files(stack: Stack, found: Found) -> dict[str, str]:
    """Path below the folder of the chart's own configuration -> text: what the hub's pod reads of this stack."""
    renewer = () if has_lasting_token(stack.vault) else ("renewer",)
    files = hub_files("local", OFFLINE, *renewer, *unused_folders(stack))
    files["jupyterhub_config.d/buunstack.py"] = files.pop(_LOADER)
    files["buunstack/settings.json"] = text(cluster_settings(stack, found))
    if stack.ca:
        files[AUTHORITY_FILE] = found.ca
    return files


def file_key(path: str) -> str:
    """A file's name in the chart's Secret, whose keys cannot hold a slash."""
    return path.replace("/", "-")


def text(content: Any) -> str:
    """JSON as a file: the same bytes for the same content."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
