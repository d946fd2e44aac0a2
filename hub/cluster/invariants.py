"""What must hold in the hub's configuration after everybody has written to it. Pure."""

from collections.abc import Iterable
from typing import Any

from hub.authenticator import authenticator_class
from hub.hooks import is_ours
from hub.roles import configured_list
from hub.settings import Culling, Settings

CULLER = "jupyterhub-idle-culler"
"""The chart's name of its own."""


def findings(c: Any, settings: Settings) -> list[str]:
    """What a site's own values or code have broken; empty when nothing is."""
    services = {service["name"]: service for service in configured_list(c.JupyterHub, "services")}
    roles = configured_list(c.JupyterHub, "load_roles")
    found = [
        problem for service in settings.services for problem in _service(service.name, service.scopes, services, roles)
    ]
    if settings.culling.enabled:
        found += _culler(settings.culling, services, roles)
    return [*found, *_login(c, settings), *_profiles(c), *_hooks(c, settings)]


def _service(name: str, scopes: Iterable[str], services: dict[str, Any], roles: list[dict[str, Any]]) -> list[str]:
    if name not in services:
        return [f"service {name} is lost: something assigns c.JupyterHub.services in place of adding to it"]
    granted = {scope for role in roles if name in role.get("services", []) for scope in role.get("scopes", [])}
    lacking = [scope for scope in scopes if scope not in granted]
    return [f"service {name} lacks the scopes {', '.join(lacking)}: a role is lost or changed"] if lacking else []


def _culler(culling: Culling, services: dict[str, Any], roles: list[dict[str, Any]]) -> list[str]:
    lost = _service(CULLER, ["list:users", "read:users:activity", "read:servers", "delete:servers"], services, roles)
    if lost:
        return [f"{problem}; idle servers are never ended" for problem in lost]
    wanted = [
        f"--timeout={culling.idle_timeout_seconds}",
        f"--cull-every={culling.every_seconds}",
        f"--max-age={culling.max_age_seconds}",
        *(["--cull-users"] if culling.users else []),
        *([] if culling.admins else ["--cull-admin-users=false"]),
    ]
    command = services[CULLER].get("command", [])
    return [f"service {CULLER} runs without {flag}" for flag in wanted if flag not in command]


def _login(c: Any, settings: Settings) -> list[str]:
    present = c.JupyterHub.get("authenticator_class")
    wanted = authenticator_class(settings.auth.kind)
    if isinstance(present, type) and issubclass(present, wanted):
        return []
    return [f"c.JupyterHub.authenticator_class is {present!r}, so auth.kind {settings.auth.kind} does not hold"]


def _profiles(c: Any) -> list[str]:
    return [
        f"c.KubeSpawner.{trait} is replaced, so profiles and folders of groups are open to everybody"
        for trait in ("profile_list", "apply_user_options")
        if not callable(c.KubeSpawner.get(trait))
    ]


def _hooks(c: Any, settings: Settings) -> list[str]:
    """KubeSpawner's own section would win over what every spawner is given."""
    if settings.vault is None:
        return []
    wanted = {"post_stop_hook": "tokens outlive their servers"}
    if settings.vault.delivery == "env" or settings.vault.required:
        wanted["pre_spawn_hook"] = "servers start without their secrets"
    return [
        f"c.Spawner.{name} is replaced, so {effect}"
        for name, effect in wanted.items()
        if not is_ours(c.KubeSpawner.get(name, c.Spawner.get(name)))
    ]
