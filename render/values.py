"""The values of the z2jh chart, assembled from the modules of this folder. Pure."""

from typing import Any

from render.found import Found
from render.hubfiles import CHART_FOLDER, cluster_files, file_key, layout, logo_name
from render.login import with_login
from render.mirror import with_mirror
from render.network import egress_rules, vault_egress, way_in
from render.profiles import offered, profile_list, shared_environment
from render.renewer import with_renewer
from render.serversettings import mounted_settings
from render.services import ADMIN_SERVICE, ADMIN_VARIABLE, services
from render.storage import storage_values
from render.vaultvalues import hub_login_volume, trusted_authority, with_helpers
from spec.model import Stack
from spec.quantities import seconds

_READABLE = 0o644
TOKEN = "token"  # noqa: S105 - a name
"""The key of the Secret with the token of the admin service."""
_KEEP = {"helm.sh/resource-policy": "keep"}
"""Helm leaves such an object when its release goes (helm.sh/docs/howto/charts_tips_and_tricks)."""


def chart_values(stack: Stack, found: Found) -> dict[str, Any]:
    """Everything the chart is given; `chart_values` of the file last. Secrets are `@{placeholders}`."""
    own = {
        "imagePullSecrets": [{"name": name} for name in stack.images.pull_secrets],
        "hub": with_renewer(stack, with_helpers(stack, with_login(stack, _hub(stack, found)))),
        "proxy": _proxy(stack),
        "singleuser": _singleuser(stack, found),
        "cull": _cull(stack),
        "prePuller": {name: {"enabled": stack.notebook.pre_pull} for name in ("hook", "continuous")},
        "scheduling": _scheduling(stack),
        **way_in(stack),
    }
    return with_mirror(merged(own, stack.chart_values), stack.images.mirror)


def merged(values: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """As Helm merges: mappings key by key, everything else whole."""
    result = dict(values)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(values.get(key), dict)
        result[key] = merged(values[key], value) if both else value
    return result


def token_key(service: str) -> str:
    """The placeholder's name of a service's token."""
    return f"{service.replace('-', '_')}_token"


def _hub(stack: Stack, found: Found) -> dict[str, Any]:
    # The chart would restart the hub for another token of a service, so the admin's comes as a variable.
    wanted = {name: scopes for name, scopes in services(stack, found).items() if name != ADMIN_SERVICE}
    token = {"secretKeyRef": {"name": layout(stack).service_secret, "key": TOKEN}}
    return {
        "config": {
            "JupyterHub": {"admin_access": False, "cookie_secret": "@{cookie_secret}"},
            "ConfigurableHTTPProxy": {"auth_token": "@{proxy_token}"},
            "CryptKeeper": {"keys": ["@{crypt_key}"]},
            "KubeSpawner": _pod_security(),
        },
        # Servers of one user share a home, which a claim of one node's can give to one node alone.
        "allowNamedServers": stack.storage.kind == "nfs",
        "authenticatePrometheus": True,
        "extraEnv": {ADMIN_VARIABLE: {"valueFrom": token}},
        "services": {name: {"apiToken": f"@{{{token_key(name)}}}"} for name in wanted},
        "loadRoles": {f"{name}-role": {"scopes": scopes, "services": [name]} for name, scopes in wanted.items()},
        "db": {"upgrade": True, "pvc": _database(stack)},
        "extraFiles": _extra_files(cluster_files(stack, found)) | _logo(stack, found),
        **hub_login_volume(stack),
    }


def _database(stack: Stack) -> dict[str, Any]:
    """The hub's database outlives its release: users, tokens and passwords are in it."""
    claim: dict[str, Any] = {"annotations": _KEEP}
    if stack.storage.class_name:
        claim["storageClassName"] = stack.storage.class_name
    return claim


def _pod_security() -> dict[str, Any]:
    """What `restricted` asks of a user's pod beyond the chart's own (kubernetes.io, pod security standards)."""
    return {
        "pod_security_context": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "container_security_context": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def _extra_files(files: dict[str, str]) -> dict[str, Any]:
    """Each file has a name of its own beside its place."""
    return {
        file_key(path): {"mountPath": f"{CHART_FOLDER}/{path}", "mode": _READABLE, "stringData": text}
        for path, text in sorted(files.items())
    }


def _logo(stack: Stack, found: Found) -> dict[str, Any]:
    """A picture is bytes."""
    if not stack.hub.logo:
        return {}
    file = {"mountPath": f"{CHART_FOLDER}/{logo_name(stack)}", "mode": _READABLE, "binaryData": found.logo}
    return {"logo": file}


def _proxy(stack: Stack) -> dict[str, Any]:
    service: dict[str, Any] = {"type": "ClusterIP"}
    if stack.ingress.kind == "ingress" and stack.ingress.sticky_cookie and stack.ingress.class_name == "traefik":
        sticky = "traefik.ingress.kubernetes.io/service.sticky.cookie"
        service["annotations"] = {
            sticky: "true",
            f"{sticky}.name": "jupyter-session",
            f"{sticky}.secure": "true",
            f"{sticky}.httponly": "true",
            f"{sticky}.samesite": "lax",
        }
    return {"service": service}


def _singleuser(stack: Stack, found: Found) -> dict[str, Any]:
    return {
        "image": _image(stack, found),
        "fsGid": stack.storage.fs_group,
        "extraEnv": shared_environment(stack),
        "extraFiles": {**trusted_authority(stack, found), **mounted_settings(stack)},
        # Its init container would need more than `restricted` gives; the NetworkPolicy closes that address.
        "cloudMetadata": {"blockWithIptables": False},
        "networkPolicy": {"egress": [*egress_rules(stack), *vault_egress(stack)]},
        "storage": storage_values(stack),
        "profileList": profile_list(stack, found),
    }


def _image(stack: Stack, found: Found) -> dict[str, str]:
    """What starts where no profile does: the default profile's, else nodes would pull a sample that nobody uses.

    The chart joins both parts by a colon, so a digest may be cut at its own.
    """
    image = next((profile.image for profile in offered(stack, found) if profile.default), "")
    name, _, tag = image.rpartition(":")
    return {"name": name, "tag": tag} if name else {}


def _cull(stack: Stack) -> dict[str, Any]:
    culling = stack.culling
    return {
        "enabled": culling.enabled,
        "timeout": seconds(culling.idle_timeout),
        "every": seconds(culling.every),
        "maxAge": seconds(culling.max_age),
        "adminUsers": culling.admins,
        "users": culling.users,
    }


def _scheduling(stack: Stack) -> dict[str, Any]:
    """Room is kept by pods of low priority, which need a scheduler that packs nodes; without them neither helps."""
    count = stack.notebook.placeholders
    return {
        "userScheduler": {"enabled": count > 0},
        "podPriority": {"enabled": count > 0},
        "userPlaceholder": {"enabled": count > 0, "replicas": count},
    }
