"""Artifacts of the local target: configuration of each part and the table of processes. Pure.

`@{name}` in an artifact stands for a value of the machine (state directory, ports, programs); `apply/local.py` fills
it in, so that these texts are the same everywhere.
"""

from typing import Any

from render import hubfiles
from render.environments import environment_id, environments, unavailable_reason
from render.keycloak import keycloak_objects
from render.keycloakpart import keycloak_part
from render.login import provider_settings
from render.parts import STATE, part
from render.serversettings import server_settings
from render.services import ADMIN_SERVICE, ADMIN_VARIABLE, CULLER, METRICS, local_services
from render.templates import filled
from render.vault import deployer_policy, login_role, vault_objects
from spec.login import embedded
from spec.model import Stack
from spec.profiles import EffectiveProfile, effective_profiles
from spec.quantities import seconds
from spec.ways import has_page, ways

KEYCLOAK = "conf/keycloak.json"
SETTINGS = "conf/settings.json"
"""What is wanted in a Keycloak, where install manages any of it."""
CLIENT_SECRET = "login-client-secret"  # noqa: S105 - a file's name
"""Where the hub finds its secret for the provider."""
_SUPERVISION = tuple(
    f"hub/local/{name}.py" for name in ("supervisor", "keeper", "runner", "parts", "logfiles", "shutdown")
)
"""Code that the hub does not run, so that a change of it does not restart the hub."""
_LAB_SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
"""Else JupyterLab greets every user with a question, and asks the internet whether it is still the newest."""
_TOKEN_VARIABLES = {
    ADMIN_SERVICE: ADMIN_VARIABLE,
    CULLER: "BUUNSTACK_CULLER_TOKEN",
    METRICS: "BUUNSTACK_METRICS_TOKEN",
}
_PAGE_SHARES = tuple(f"hub/{name}.py" for name in ("ending", "vaulthttp", "vaulterrors", "webanswers"))
"""Code of the hub that the page for one's secrets runs too."""
_PAGE_URL, _PAGE_TOKEN = "http://127.0.0.1:@{page_port}", "BUUNSTACK_PAGE_TOKEN"
_MCP_URL = "http://127.0.0.1:@{mcp_port}"
_HUB_ENVIRONMENT = {"PYTHONPATH": f"{STATE}/site", "PYTHONDONTWRITEBYTECODE": "1"}


def local_artifacts(stack: Stack) -> dict[str, str]:
    """Path below the state directory -> text."""
    files = {
        SETTINGS: hubfiles.text(_settings(stack)),
        "conf/traefik.toml": filled(
            "templates/traefik.toml.j2", address=_listen_address(stack), tls=stack.hub.tls != "off"
        ),
        "conf/environments.json": hubfiles.text(environments(stack)),
        "conf/parts.json": hubfiles.text({"parts": _parts(stack)}),
    }
    if (declared := keycloak_objects(stack, "@{public_url}")) is not None:
        files[KEYCLOAK] = hubfiles.text(declared)
    if stack.vault.enabled:
        files["conf/openbao.hcl"] = filled("templates/openbao.hcl.j2", requests=_first_start(stack))
        files["conf/vault.json"] = hubfiles.text(_vault_objects(stack))
    files |= {f"site/{path}": text for path, text in hubfiles.hub_files(*_foreign(stack)).items()}
    files |= {f"notebook/{path}": text for path, text in hubfiles.package_files("buunstack").items()}
    files |= {f"notebook/{path}": text for path, text in server_settings(stack).items()}
    files["notebook/labconfig/default_setting_overrides.json"] = hubfiles.text(_LAB_SETTINGS)
    return files


def _foreign(stack: Stack) -> tuple[str, ...]:
    """Folders of the hub's code that this stack does not run: a cluster's, and what it does not declare."""
    return ("cluster", "renewer", hubfiles.OFFLINE, *hubfiles.unused_folders(stack))


def _listen_address(stack: Stack) -> str:
    address = f"[{stack.hub.address}]" if ":" in stack.hub.address else stack.hub.address
    return f"{address}:@{{public_port}}"


def _settings(stack: Stack) -> dict[str, Any]:
    return {
        **hubfiles.settings(stack),
        "logo_file": stack.hub.logo,
        "provider": provider_settings(stack, "@{public_url}", f"{STATE}/secrets/{CLIENT_SECRET}", stack.ca),
        "profiles": [_profile(stack, profile) for profile in effective_profiles(stack) if profile.enabled],
        "services": hubfiles.service_settings(local_services(stack), _TOKEN_VARIABLES),
        "vault": _vault_settings(stack),
        "page": _page_settings(stack),
        "mcp": _mcp_settings(stack),
        "local": _local_settings(stack),
        "cluster": None,
    }


def _profile(stack: Stack, profile: EffectiveProfile) -> dict[str, Any]:
    reason = unavailable_reason(profile)
    own = {"available": not reason, "reason": reason, "environment_id": environment_id(stack, profile)}
    return {**hubfiles.profile_settings(profile), **own}


def _vault_settings(stack: Stack) -> dict[str, Any] | None:
    if not stack.vault.enabled:
        return None
    return {
        **hubfiles.vault_settings(stack),
        "address": "https://127.0.0.1:@{vault_port}",
        "ca_file": f"{STATE}/tls/ca.pem",
        "jwt_file": None,
        "jwt_key_file": f"{STATE}/secrets/hub-login.key",
        "token_file": None,
    }


def _page_settings(stack: Stack) -> dict[str, Any] | None:
    if not has_page(stack.vault):
        return None
    return {"url": _PAGE_URL, "token_variable": _PAGE_TOKEN, "command": [], "environment": {}}


def _mcp_settings(stack: Stack) -> dict[str, Any] | None:
    if not stack.mcp.enabled:
        return None
    return {"url": _MCP_URL, "command": [], "environment": {}}


def _local_settings(stack: Stack) -> dict[str, Any]:
    tls = {"certificate": "@{certificate}", "key": "@{certificate_key}"}
    return {
        "state": STATE,
        "public_url": "@{public_url}",
        "hub_port": "@{hub_port}",
        "proxy_api_url": "http://127.0.0.1:@{proxy_api_port}",
        "proxy_api_user": "hub",
        "python": "@{python}",
        "confinement": stack.target.confinement,
        "read_only_paths": ["@{python_paths}", f"{STATE}/tls/ca.pem"],
        "tls": None if stack.hub.tls == "off" else tls,
    }


def _first_start(stack: Stack) -> list[tuple[str, str, dict[str, Any]]]:
    """What the server does at its very first start, before it gives up its root token: (name, path, data)."""
    names = hubfiles.layout(stack)
    keys = {"hub": "@{hub_public_key}", "deployer": "@{deployer_public_key}"}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("secrets", f"sys/mounts/{names.mount}", {"type": "kv", "options": {"version": "2"}}),
        ("policy", f"sys/policies/acl/{names.deployer_policy}", {"policy": deployer_policy(names)}),
    ]
    logins = (
        ("hub", names.hub_mount, names.hub_policy),
        ("deployer", names.deployer_mount, names.deployer_policy),
    )
    for role, mount, policy in logins:
        config = {"jwt_validation_pubkeys": [keys[role]], "jwt_supported_algs": ["EdDSA"]}
        requests += [
            (f"{role}-mount", f"sys/auth/{mount}", {"type": "jwt"}),
            (f"{role}-keys", f"auth/{mount}/config", config),
            (f"{role}-role", f"auth/{mount}/role/{role}", login_role(role, policy)),
        ]
    return requests


def _vault_objects(stack: Stack) -> dict[str, Any]:
    names = hubfiles.layout(stack)
    return vault_objects(names, ways(stack.vault).max_ttl, hubfiles.known_users(stack))


def _parts(stack: Stack) -> list[dict[str, Any]]:
    """The processes in the order of their readiness; `reads` are the files whose change restarts a part."""
    parts = [_vault_part()] if stack.vault.enabled else []
    if embedded(stack):
        parts.append(keycloak_part())
    parts += [_proxy_part(), _hub_part(stack)]
    if stack.culling.enabled:
        parts.append(_culler_part(stack))
    if has_page(stack.vault):
        parts.append(_page_part(stack))
    if stack.mcp.enabled:
        parts.append(_mcp_part(stack))
    return [*parts, _keeper_part()]


def _vault_part() -> dict[str, Any]:
    return part(
        "vault",
        ["@{bao}", "server", f"-config={STATE}/conf/openbao.hcl"],
        # Both Go programs give memory back to a machine that also runs notebooks.
        environment={"GOMEMLIMIT": "96MiB", "GOGC": "50"},
        ready={
            "url": "https://127.0.0.1:@{vault_port}/v1/sys/health",
            "ca": f"{STATE}/tls/ca.pem",
            "status": [200],
        },
        reads=["conf/openbao.hcl", "tls/vault.pem"],
    )


def _proxy_part() -> dict[str, Any]:
    return part(
        "proxy",
        ["@{traefik}", f"--configFile={STATE}/conf/traefik.toml"],
        environment={"GOMEMLIMIT": "80MiB", "GOGC": "50"},
        ready={"url": "http://127.0.0.1:@{proxy_api_port}/ping", "ca": None, "status": [200]},
        reads=["conf/traefik.toml"],
    )


def _hub_part(stack: Stack) -> dict[str, Any]:
    secrets = {
        **{variable: f"{STATE}/secrets/{name}-token" for name, variable in _TOKEN_VARIABLES.items()},
        "PROXY_API_PASSWORD": f"{STATE}/secrets/proxy-api-password",
        **({_PAGE_TOKEN: f"{STATE}/secrets/page-token"} if has_page(stack.vault) else {}),
        "JUPYTERHUB_CRYPT_KEY": f"{STATE}/secrets/crypt-key",
    }
    code = [f"site/{path}" for path in hubfiles.hub_files(*_foreign(stack)) if path not in _SUPERVISION]
    return part(
        "hub",
        ["@{python}", "-m", "hub.local.start", "-f", f"{STATE}/site/hub/local/jupyterhub_config.py"],
        environment={**_HUB_ENVIRONMENT, "BUUNSTACK_SETTINGS": f"{STATE}/{SETTINGS}"},
        environment_files=secrets,
        directory=f"{STATE}/hub",
        after=["proxy"],
        ready={"url": "http://127.0.0.1:@{hub_port}/hub/api/", "ca": None, "status": [200]},
        reads=[SETTINGS, *([] if stack.hub.tls == "off" else ["@{certificate}"]), *code],
    )


def _culler_part(stack: Stack) -> dict[str, Any]:
    culling = stack.culling
    options = {
        "url": "http://127.0.0.1:@{hub_port}/hub/api",
        "timeout": seconds(culling.idle_timeout),
        "cull-every": seconds(culling.every),
        "max-age": seconds(culling.max_age),
        "cull-admin-users": culling.admins,
        "cull-users": culling.users,
    }
    return part(
        "culler",
        [
            "@{python}",
            "-m",
            "jupyterhub_idle_culler",
            *(f"--{name}={value}" for name, value in options.items()),
        ],
        environment_files={"JUPYTERHUB_API_TOKEN": f"{STATE}/secrets/culler-token"},
        after=["hub"],
    )


def _page_part(stack: Stack) -> dict[str, Any]:
    """The page for one's secrets, with what JupyterHub tells its services (jupyterhub/services/service.py)."""
    prefix = "/services/secrets/"
    variables = {
        "JUPYTERHUB_API_URL": "http://127.0.0.1:@{hub_port}/hub/api",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_CLIENT_ID": "service-secrets",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services", "access:services!service=secrets"]',
        "JUPYTERHUB_SERVICE_NAME": "secrets",
        "JUPYTERHUB_SERVICE_PREFIX": prefix,
        "JUPYTERHUB_SERVICE_URL": _PAGE_URL,
    }
    vault = _vault_settings(stack) or {}
    code = hubfiles.package_files("hub/secretspage")
    return part(
        "page",
        ["@{python}", "-m", "hub.secretspage"],
        environment={**_HUB_ENVIRONMENT, **variables, **hubfiles.page_environment(stack, vault)},
        environment_files={"JUPYTERHUB_API_TOKEN": f"{STATE}/secrets/page-token"},
        ready={"url": f"{_PAGE_URL}{prefix}static/page.css", "ca": None, "status": [200]},
        reads=[f"site/{path}" for path in (*code, *_PAGE_SHARES)],
    )


def _mcp_part(stack: Stack) -> dict[str, Any]:
    """The MCP endpoint for all users."""
    code = (*hubfiles.package_files("hub/mcpgate"), "hub/ending.py")
    return part(
        "mcp",
        ["@{python}", "-m", "hub.mcpgate"],
        environment={
            **_HUB_ENVIRONMENT,
            **hubfiles.mcp_environment(stack, _MCP_URL, "http://127.0.0.1:@{hub_port}/hub/api"),
        },
        ready={"url": f"{_MCP_URL}{hubfiles.MCP_PATH}", "ca": None, "status": [405]},
        reads=[f"site/{path}" for path in code],
    )


def _keeper_part() -> dict[str, Any]:
    return part(
        "keeper",
        ["@{python}", "-m", "hub.local.keeper", STATE],
        environment=_HUB_ENVIRONMENT,
        reads=[f"site/hub/local/{name}.py" for name in ("keeper", "shutdown", "process")],
    )
