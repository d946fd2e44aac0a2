"""A running release of buun-stack's layout becomes keys of a stack file that adopts it. Pure.

What runs wins over what a variable says. Source of the layout: buun-stack at 0973559, the templates of its jupyterhub
module, and the values of zero-to-jupyterhub-k8s 4.2.0 to 4.4.0.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spec.adoptedprofiles import profiles
from spec.egress import KNOWN, WEB
from spec.quantities import duration
from spec.releasevalues import Values
from spec.secrecy import names_secret
from spec.stackfile import Path, StackFile

IN_CLUSTER = "k8s:jupyterhub-keycloak-client#client-secret"
"""Where the secret of the client is looked for."""
NFS_CLAIM = "jupyter-nfs-pvc"
"""buun-stack's claim with every home, each in a folder of its user's name."""
_KEYCLOAK = re.compile(r"(https?://[^\s?#]+)/realms/([^/\s?#]+)/protocol/openid-connect/auth")
_CALLBACK = re.compile(r"https?://([^/:\s]+)(?::[0-9]+)?/hub/oauth_callback")
_OAUTH = "hub.config.GenericOAuthenticator"
_VAULT_WAYS = ("VAULT_TOKEN_FILE", "JUPYTERHUB_VAULT_TOKEN")
_DNS = {53}


@dataclass(frozen=True)
class Release:
    """What is known of a release that runs, without any secret of it."""

    name: str
    namespace: str
    chart: str
    """The version of the z2jh chart."""
    values: dict[str, Any] = field(repr=False)
    """As they were given to Helm: a site may have written secrets into them."""
    database_class: str = ""
    """The StorageClass of the claim with the hub's database; empty without one."""
    database_size: str = ""
    monitored: bool = False
    """Whether buun-stack's ServiceMonitor is there."""
    store: str = ""
    """The ClusterSecretStore of its ExternalSecrets; empty where it has none."""
    leftovers: tuple[str, ...] = ()
    """Its own objects that nothing needs after the adoption, such as `configmap/NAME`."""
    old_servers: int = 0
    """Servers that are older than `culling.max_age` can be."""


def adopt(file: StackFile, release: Release, given: Mapping[Path, str]) -> list[str]:
    """Put what runs into the file; what is left to say, one line each.

    Args:
        given: what variables have put there, by key.
    """
    values = Values(release.values)
    settings = dict(_settings(release, values))
    notes = [note for path, value in settings.items() if (note := _difference(file, path, value, given))]
    for path, value in settings.items():
        if value is None:
            file.drop(*path)
        else:
            file.put(path, value)
    notes += [*_offered(file, values), *_database(file, release, values)]
    values.drop_known()
    kept, left = values.rest()
    for path, value in kept.items():
        file.put(("chart_values", *path), value)
    notes += [f"value {'.'.join(path)} is kept in chart_values" for path in kept]
    notes += [f"value {'.'.join(path)} is unknown here, and left out" for path in left]
    notes += [f"{name} is buun-stack's own: nothing needs it after the first install" for name in release.leftovers]
    if release.old_servers:
        count = f"{release.old_servers} server{'' if release.old_servers == 1 else 's'}"
        notes.append(f"{count} would end at the first install: older than culling.max_age")
    return notes


def _offered(file: StackFile, values: Values) -> list[str]:
    """The profiles that users know, with their images."""
    there = values.take("singleuser.profileList")
    if not there:
        return ["the release offers no profiles: those of the file are new to its users"]
    found, notes = profiles(there)
    for key, value in found.pop("images").items():
        file.put(("images", key), value)
    file.put(("profiles",), found)
    return notes


def _difference(file: StackFile, path: Path, value: Any, given: Mapping[Path, str]) -> str:
    """Words where a variable says something else than what runs."""
    said = file.get(*path)
    if path not in given or said == value or said is None:
        return ""
    key = ".".join(path)
    if names_secret(path):
        return f"{key}: {given[path]} says something else than what runs, which is taken"
    return f"{key}: {given[path]} says {said}, and {'nothing' if value is None else value} runs, which is taken"


def _settings(release: Release, values: Values) -> Iterator[tuple[Path, Any]]:
    yield ("name",), release.name
    yield ("target", "namespace"), release.namespace
    yield ("chart", "version"), release.chart
    yield from _login(values)
    yield from _way_in(values)
    yield from _homes(values)
    yield from _gpus(values)
    yield from _vault(release, values)
    yield from _culling(values)
    yield ("mcp", "enabled"), str(values.take("singleuser.extraEnv.JUPYTERHUB_ALLOW_TOKEN_IN_URL") or "") == "1"
    yield ("monitoring", "enabled"), release.monitored
    yield ("egress",), _egress(values, release.namespace)
    if secrets := values.take("imagePullSecrets"):
        yield ("images", "pull_secrets"), [one["name"] if isinstance(one, dict) else one for one in secrets]


def _login(values: Values) -> Iterator[tuple[Path, Any]]:
    authorize = _KEYCLOAK.fullmatch(str(values.take(f"{_OAUTH}.authorize_url") or ""))
    if authorize:
        yield ("auth", "keycloak", "url"), authorize[1]
        yield ("auth", "keycloak", "realm"), authorize[2]
        for name in ("token_url", "userdata_url"):
            values.take_if(f"{_OAUTH}.{name}", lambda text: str(text).startswith(f"{authorize[1]}/realms/"))
    if client := values.take(f"{_OAUTH}.client_id"):
        yield ("auth", "keycloak", "client_id"), client
    callback = _CALLBACK.fullmatch(str(values.take(f"{_OAUTH}.oauth_callback_url") or ""))
    if callback:
        yield ("hub", "host"), callback[1]
    for name in ("allow_all", "admin_users", "allowed_users"):
        if (found := values.take(f"hub.config.Authenticator.{name}")) is not None:
            yield ("auth", name), found


def _way_in(values: Values) -> Iterator[tuple[Path, Any]]:
    if values.take("ingress.enabled") is False:
        yield ("ingress",), {"kind": "none"}
        values.take("ingress")
        return
    if name := values.take("ingress.ingressClassName"):
        yield ("ingress", "class_name"), name
    hosts = values.take("ingress.hosts") or []
    if hosts:
        yield ("hub", "host"), hosts[0]
    for one in values.take("ingress.tls") or []:
        if secret := one.get("secretName"):
            yield ("ingress", "tls_secret"), secret
    annotations = values.take("ingress.annotations") or {}
    own = {
        key: text
        for key, text in annotations.items()
        if "traefik.ingress.kubernetes.io/" not in key and key != "kubernetes.io/ingress.class"
    }
    if own:
        yield ("ingress", "annotations"), own


def _homes(values: Values) -> Iterator[tuple[Path, Any]]:
    storage = "singleuser.storage"
    kind = values.take(f"{storage}.type") or "dynamic"
    if kind == "static":
        yield ("storage", "kind"), "nfs"
        claim = values.take(f"{storage}.static.pvcName")
        folder = values.take(f"{storage}.static.subPath") or "{username}"
        yield ("storage", "nfs"), {"claim": claim or NFS_CLAIM, "folder": folder}
    else:
        yield ("storage", "kind"), "dynamic"
    if name := values.take(f"{storage}.dynamic.storageClass"):
        yield ("storage", "class_name"), name
    if capacity := values.take(f"{storage}.capacity"):
        yield ("storage", "capacity"), capacity
    if (group := values.take("hub.podSecurityContext.fsGroup")) is not None:
        yield ("storage", "fs_group"), group
    mounts = {one["name"]: one for one in values.take(f"{storage}.extraVolumeMounts") or []}
    volumes = {}
    for one in values.take(f"{storage}.extraVolumes") or []:
        claim, mount = one.get("persistentVolumeClaim", {}).get("claimName"), mounts.get(one["name"])
        if claim and mount:
            volumes[one["name"]] = {"claim": claim, "path": mount["mountPath"]} | (
                {"read_only": True} if mount.get("readOnly") else {}
            )
    if volumes:
        yield ("storage", "volumes"), volumes


def _gpus(values: Values) -> Iterator[tuple[Path, Any]]:
    name = values.take("singleuser.extraPodConfig.runtimeClassName")
    count = values.take("singleuser.extraResource.limits.nvidia\\.com/gpu")
    if name is None and count is None:
        yield ("gpu",), {"enabled": False}
        return
    settings = {"enabled": True, "all_profiles": True, "limit": int(count or 1)}
    yield ("gpu",), settings | ({"runtime_class": name} if name != "nvidia" else {})


def _vault(release: Release, values: Values) -> Iterator[tuple[Path, Any]]:
    helpers = {one.get("name"): one for one in values.take("hub.extraContainers", "vault-token-renewer")}
    renewer = helpers.get("vault-token-renewer")
    used = [values.take(f"hub.extraEnv.{name}") for name in _VAULT_WAYS]
    address = values.take("singleuser.extraEnv.VAULT_ADDR")
    lives = [values.take(f"singleuser.extraEnv.NOTEBOOK_VAULT_TOKEN_{name}") for name in ("TTL", "MAX_TTL")]
    enabled = renewer is not None or any(used)
    yield ("vault", "enabled"), enabled
    if not enabled:
        return
    if address:
        yield ("vault", "address"), address
    for name, life in zip(("ttl", "max_ttl"), lives, strict=True):
        if life:
            yield ("vault", "user_token", name), life
    own = {one["name"]: one.get("value") for one in (renewer or {}).get("env", [])}
    if ttl := own.get("JUPYTERHUB_VAULT_TOKEN_TTL"):
        yield ("vault", "admin_token", "ttl"), ttl
    if release.store:
        yield ("vault", "admin_token", "secret_store"), release.store


def _culling(values: Values) -> Iterator[tuple[Path, Any]]:
    for name, key in (("timeout", "idle_timeout"), ("every", "every"), ("maxAge", "max_age")):
        if found := values.take(f"cull.{name}"):
            yield ("culling", key), duration(int(found))
    for name, key in (("enabled", "enabled"), ("adminUsers", "admins"), ("users", "users")):
        if (switch := values.take(f"cull.{name}")) is not None:
            yield ("culling", key), switch


def _egress(values: Values, namespace: str) -> dict[str, Any]:
    """What the NetworkPolicy lets servers reach; what the chart itself opens is not repeated."""
    found: dict[str, Any] = {}
    for rule in values.take("singleuser.networkPolicy.egress") or []:
        ports = sorted({one["port"] for one in rule.get("ports", []) if isinstance(one.get("port"), int)})
        for peer in rule.get("to", []):
            labels = peer.get("namespaceSelector", {}).get("matchLabels", {})
            where = labels.get("kubernetes.io/metadata.name")
            if "podSelector" in peer and where is None:
                found[f"{peer['podSelector'].get('matchLabels', {}).get('release', 'own')}-here"] = {
                    "namespace": namespace,
                    "ports": ports,
                }
            elif where and KNOWN.get(where) == (where, tuple(ports)):
                found[where] = {}
            elif where:
                found[where] = {"namespace": where, "ports": ports}
            elif set(ports) - _DNS:
                cidr = peer.get("ipBlock", {}).get("cidr", "0.0.0.0/0")
                _add_range(found, cidr, sorted(set(ports) - _DNS))
    return found


def _add_range(found: dict[str, Any], cidr: str, ports: list[int]) -> None:
    if cidr == "0.0.0.0/0" and set(ports) <= set(KNOWN[WEB][1]):
        found[WEB] = {}
        return
    found["range-" + re.sub(r"[^a-z0-9]+", "-", cidr.lower())] = {"host": cidr, "ports": ports}


def _database(file: StackFile, release: Release, values: Values) -> Iterator[str]:
    """The claim of the hub's database stays as it is: its class and its size cannot change."""
    pvc = {}
    if release.database_class and file.get("storage", "class_name") not in (None, release.database_class):
        pvc["storageClassName"] = release.database_class
    if release.database_size not in ("", "1Gi"):
        pvc["storage"] = release.database_size
    for name in ("storageClassName", "storage"):
        values.take(f"hub.db.pvc.{name}")
    for name, value in pvc.items():
        file.put(("chart_values", "hub", "db", "pvc", name), value)
        yield f"value hub.db.pvc.{name} is kept in chart_values: the claim of the hub's database has {value}"
    kind = values.take("hub.db.type")
    if kind not in (None, "sqlite-pvc"):
        file.put(("chart_values", "hub", "db", "type"), kind)
        yield f"hub.db.type is {kind}: without its own hub.db.url in chart_values nobody would find their sessions"
