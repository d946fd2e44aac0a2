"""What buun-stack's templates set for each combination of its switches, and where this stack deliberately differs.

Source: buun-stack at 0973559, jupyterhub-values, pre_spawn_hook, nfs-pvc and servicemonitor of its jupyterhub module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PROFILES = {
    "minimal": "Minimal Jupyter Notebook Stack",
    "base": "Base Jupyter Notebook Stack",
    "datascience": "Jupyter Notebook Data Science Stack",
    "pyspark": "Jupyter Notebook Python, Spark Stack",
    "pytorch": "Jupyter Notebook PyTorch Deep Learning Stack",
    "tensorflow": "Jupyter Notebook TensorFlow Deep Learning Stack",
    "buun-stack": "Buun-stack",
    "buun-stack-cuda": "Buun-stack with CUDA",
}
"""In the order of its list; the first that is on is chosen where nobody chooses."""
BUILT = {"buun-stack": "buun-stack-notebook", "buun-stack-cuda": "buun-stack-cuda-notebook"}
FEATURES = {
    "gpu": "JUPYTERHUB_GPU_ENABLED",
    "nfs": "JUPYTERHUB_NFS_PV_ENABLED",
    "vault": "JUPYTERHUB_VAULT_INTEGRATION_ENABLED",
    "mcp": "JUPYTER_MCP_SERVER_ENABLED",
    "monitoring": "MONITORING_ENABLED",
}
GIVEN = """\
JUPYTERHUB_HOST=hub.lab.internal
KEYCLOAK_HOST=auth.lab.internal
VAULT_HOST=vault.lab.internal
JUPYTER_NFS_IP=192.168.10.1
JUPYTER_NFS_PATH=/volume1/jupyter
IMAGE_REGISTRY=localhost:30500
JUPYTER_PYTHON_KERNEL_TAG=python-3.12-72
"""
_NAMESPACES = {
    "airflow": (8080,),
    "clickhouse": (8123, 9000),
    "falkordb": (6379,),
    "lakekeeper": (8181,),
    "litellm": (4000,),
    "minio": (9000, 9001),
    "postgres": (5432,),
    "qdrant": (6333, 6334, 6335),
    "vault": (8200,),
}
_CULLED = {"adminUsers": True, "users": False}
_SCOPES = ("admin:users", "tokens", "admin:servers")


def text(profiles: frozenset[str], features: frozenset[str]) -> str:
    """The variables of one combination."""
    switches = {f"JUPYTER_PROFILE_{name.replace('-', '_').upper()}_ENABLED": name in profiles for name in PROFILES}
    switches |= {variable: name in features for name, variable in FEATURES.items()}
    return GIVEN + "".join(f"{name}={str(on).lower()}\n" for name, on in switches.items())


def offered(profiles: frozenset[str], features: frozenset[str]) -> dict[str, Any]:
    """What users choose from: depends on the profiles, and on GPUs."""
    names = [name for name in PROFILES if name in profiles]
    gpu = ("1", "nvidia") if "gpu" in features else (None, None)
    return {
        "profiles": names,
        "titles": {name: PROFILES[name] for name in names},
        "images": {name: _image(name) for name in names},
        "default": names[0] if names else None,
        "gpus and runtime class": dict.fromkeys(names, gpu),
    }


def _image(name: str) -> str:
    return f"localhost:30500/{BUILT[name]}:python-3.12-72" if name in BUILT else f"quay.io/jupyter/{name}-notebook"


def platform(features: frozenset[str]) -> dict[str, Any]:
    """All the rest: depends on the features alone."""
    nfs, vault = "nfs" in features, "vault" in features
    return {
        "homes": ("static", "jupyter-nfs-pvc", "{username}") if nfs else ("dynamic", "claim-{username}", ""),
        "capacity of a home": "10Gi",
        "NFS server and folder": ("192.168.10.1", "/volume1/jupyter") if nfs else None,
        "group of homes": 100,
        "culling": {
            "enabled": True,
            "timeout": 7200,
            "every": 600,
            "maxAge": 604800,
            "adminUsers": True,
            "users": False,
        },
        "culling runs": False,
        "sidecar": ("vault-token-renewer", "hashicorp/vault:1.17.5") if vault else None,
        "Secret of the hub's token": "jupyterhub-vault-token" if vault else None,
        "hub's token in Vault": "jupyterhub/vault-token" if vault else None,
        "file of the hub's token": "/vault/secrets/vault-token" if vault else None,
        "a notebook's token": ("24h", "168h", "env") if vault else None,
        "policies of users": "jupyter-user-" if vault else None,
        "ways out": {(f"namespace {name}", ports) for name, ports in _NAMESPACES.items()}
        | {("0.0.0.0/0", (53,)), ("0.0.0.0/0", (80,)), ("0.0.0.0/0", (443,))},
        "MCP extension": "always",
        "tokens in addresses": "mcp" in features,
        "ServiceMonitor": "jupyterhub-hub" if "monitoring" in features else None,
        "metrics need a token": False,
        "VAULT_ADDR of servers": "https://vault.lab.internal",
        "other variables of servers": {
            "POSTGRES_HOST": "postgres-cluster-rw.postgres",
            "POSTGRES_PORT": "5432",
            "BUUNSTACK_LOG_LEVEL": "warning",
        },
        "way in": (True, "traefik", ("hub.lab.internal",), "websecure"),
        "sticky cookie": ("Ingress", "jupyter-session", "true"),
        "Service of the proxy": "ClusterIP",
        "pods are restricted": {"runAsNonRoot": True, "seccompProfile": "RuntimeDefault", "drop": ["ALL"]},
        "pods may escalate": False,
        "block of the metadata address by iptables": False,
        "admins enter servers": False,
        "everybody of the realm": True,
        "login": ("jupyterhub", ("openid", "profile", "email"), "preferred_username", 300),
        "client": "public",
        "admin service": _SCOPES,
        "Secret of its token": "jupyterhub-admin-service-token",
    }


Both = Callable[[Any, frozenset[str]], Any]


@dataclass(frozen=True)
class Deliberate:
    """One place where this stack does something else."""

    place: str
    ours: Both
    """What is here instead of upstream's value, for these features; upstream's own where nothing differs."""
    reason: str


def _pinned(images: dict[str, str], _: frozenset[str]) -> dict[str, str]:
    return {name: image if name in BUILT else f"{image}:2026-05-31" for name, image in images.items()}


def _startable(found: Any, features: frozenset[str]) -> Any:
    """Without GPUs nobody is offered the profile for them."""
    if "gpu" in features:
        return found
    if isinstance(found, dict):
        return {name: value for name, value in found.items() if name != "buun-stack-cuda"}
    if isinstance(found, list):
        return [name for name in found if name != "buun-stack-cuda"]
    return None if found == "buun-stack-cuda" else found


_SHORT = {
    "minimal": "Minimal",
    "base": "Base",
    "datascience": "Data Science",
    "pyspark": "Python and Spark",
    "pytorch": "PyTorch",
    "tensorflow": "TensorFlow",
}


def _short(found: dict[str, str]) -> dict[str, str]:
    return {name: _SHORT[name] for name in found if name in _SHORT}


_NO_GPUS = "its servers find no GPU where there is none"
DELIBERATE = (
    *(Deliberate(place, _startable, _NO_GPUS) for place in ("profiles", "default", "gpus and runtime class")),
    Deliberate("titles", lambda found, on: _startable(found | _short(found), on), "words that fit a line of the form"),
    Deliberate("images", lambda found, on: _startable(_pinned(found, on), on), "two starts get the same image"),
    Deliberate(
        "homes",
        lambda found, _: ("static", "jupyterhub-homes", "{username}") if found[0] == "static" else found,
        "a claim of the stack's own on the same server and folder; what runs is adopted by its own name",
    ),
    Deliberate(
        "culling",
        lambda found, on: found | ({"maxAge": 518400} if "vault" in on else {}),
        "a server of seven days outlives its token of 168 hours",
    ),
    Deliberate("culling runs", lambda *_: True, "its code replaces the chart's list of services, culler included"),
    Deliberate(
        "sidecar",
        lambda found, _: found and (found[0], "@[hub.image]"),
        "the same sidecar from the hub's own image; the time of a renewal is read rightly",
    ),
    Deliberate(
        "ways out",
        lambda found, on: (
            found - {("0.0.0.0/0", (53,)), ("0.0.0.0/0", (80,)), ("0.0.0.0/0", (443,))}
            | {("0.0.0.0/0 but the metadata address", (80, 443))}
            | ({("0.0.0.0/0 but the metadata address", (443,))} if "vault" in on else set())
        ),
        "the chart opens DNS itself; the address with a cloud's credentials stays closed",
    ),
    Deliberate("MCP extension", lambda _, on: "mcp" in on, "it answers only where it is asked for"),
    Deliberate("tokens in addresses", lambda *_: False, "addresses end up in logs; clients send a header"),
    Deliberate("metrics need a token", lambda *_: True, "names of users are in them"),
    Deliberate(
        "VAULT_ADDR of servers",
        lambda found, on: found if "vault" in on else None,
        "there is no Vault to be found there",
    ),
    Deliberate(
        "sticky cookie", lambda found, _: ("Service", *found[1:]), "Traefik reads it at the Service, not at the Ingress"
    ),
    Deliberate("client", lambda *_: "confidential", "whoever has a code alone gets no tokens"),
)
"""Each is a row of docs/migrate.md, too."""
