"""buun-stack's variables become a stack file: what each one means here, and what it never did. Pure.

Source: buun-stack at 0973559, its README and the recipes of its jupyterhub module.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spec.adoption import IN_CLUSTER, Release, adopt
from spec.egress import KNOWN
from spec.profiles import BUILT_IN
from spec.quantities import duration
from spec.stackfile import Path, StackFile


@dataclass(frozen=True)
class Variable:
    """One line of the file with variables."""

    name: str
    value: str
    line: int
    comments: tuple[str, ...] = ()
    """Of the lines above it, and behind it."""


@dataclass(frozen=True)
class Migration:
    """What became of it."""

    text: str
    """The stack file."""
    notes: tuple[str, ...]
    """What is left to do, and what had no effect; no value of a variable that may be a secret is in them."""


class NotMigrated(Exception):
    """A value cannot be taken over; the message has the line and the variable."""


_LINE = re.compile(
    r"""(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|([^#]*?))\s*(?:\#(.*))?"""
)
_TRUE, _FALSE = ("true", "1", "yes", "y", "on"), ("false", "0", "no", "n", "off", "")


def variables(text: str) -> tuple[list[Variable], list[str]]:
    """The variables of a file as shells read it, the last of one name alone, and comments that stand by themselves.

    Raises:
        NotMigrated: a line is neither a variable nor a comment.
    """
    found: dict[str, Variable] = {}
    above: list[str] = []
    alone: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("#"):
            above.append(stripped.lstrip("#").strip())
        elif not stripped:
            alone, above = [*alone, *above], []
        elif (match := _LINE.fullmatch(stripped)) is not None:
            name, single, double, plain, behind = match.groups()
            value = single if single is not None else re.sub(r"\\(.)", r"\1", double) if double is not None else plain
            comments = (*above, *([behind.strip()] if behind and behind.strip() else []))
            found[name], above = Variable(name, value, number, comments), []
        else:
            raise NotMigrated(f"line {number}: neither NAME=VALUE nor a comment")
    return list(found.values()), [*alone, *above]


def _switch(variable: Variable) -> bool:
    if variable.value.lower() not in (*_TRUE, *_FALSE):
        raise NotMigrated(f"line {variable.line}: {variable.name} is neither true nor false")
    return variable.value.lower() in _TRUE


def _text(variable: Variable) -> str:
    return variable.value


def _number(variable: Variable) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", variable.value):
        raise NotMigrated(f"line {variable.line}: {variable.name} is no whole number")
    return int(variable.value)


def _of_seconds(variable: Variable) -> str:
    return duration(_number(variable))


def _https(variable: Variable) -> str:
    return variable.value if "://" in variable.value else f"https://{variable.value}"


@dataclass(frozen=True)
class _Meaning:
    """Where a variable's value goes."""

    path: Path
    value: Callable[[Variable], Any] = _text


MEANINGS: Mapping[str, _Meaning] = {
    "JUPYTERHUB_NAMESPACE": _Meaning(("target", "namespace")),
    "JUPYTERHUB_CHART_VERSION": _Meaning(("chart", "version")),
    "JUPYTERHUB_HOST": _Meaning(("hub", "host")),
    "KEYCLOAK_HOST": _Meaning(("auth", "keycloak", "url"), _https),
    "KEYCLOAK_REALM": _Meaning(("auth", "keycloak", "realm")),
    "JUPYTERHUB_OIDC_CLIENT_ID": _Meaning(("auth", "keycloak", "client_id")),
    "JUPYTERHUB_OIDC_CLIENT_SESSION_IDLE": _Meaning(("auth", "keycloak", "session_idle"), _of_seconds),
    "JUPYTERHUB_OIDC_CLIENT_SESSION_MAX": _Meaning(("auth", "keycloak", "session_max"), _of_seconds),
    **{
        f"JUPYTER_PROFILE_{name.replace('-', '_').upper()}_ENABLED": _Meaning(("profiles", name, "enabled"), _switch)
        for name in BUILT_IN
    },
    "JUPYTERHUB_GPU_ENABLED": _Meaning(("gpu", "enabled"), _switch),
    "JUPYTERHUB_GPU_LIMIT": _Meaning(("gpu", "limit"), _number),
    "JUPYTERHUB_NFS_PV_ENABLED": _Meaning(("storage", "kind"), lambda found: "nfs" if _switch(found) else "dynamic"),
    "JUPYTER_NFS_IP": _Meaning(("storage", "nfs", "server")),
    "JUPYTER_NFS_PATH": _Meaning(("storage", "nfs", "path")),
    "JUPYTERHUB_STORAGE_CLASS": _Meaning(("storage", "class_name")),
    "JUPYTERHUB_STORAGE_CAPACITY": _Meaning(("storage", "capacity")),
    "JUPYTER_FSGID": _Meaning(("storage", "fs_group"), _number),
    "JUPYTERHUB_VAULT_INTEGRATION_ENABLED": _Meaning(("vault", "enabled"), _switch),
    "VAULT_HOST": _Meaning(("vault", "address"), _https),
    "JUPYTERHUB_VAULT_TOKEN_TTL": _Meaning(("vault", "admin_token", "ttl")),
    "NOTEBOOK_VAULT_TOKEN_TTL": _Meaning(("vault", "user_token", "ttl")),
    "NOTEBOOK_VAULT_TOKEN_MAX_TTL": _Meaning(("vault", "user_token", "max_ttl")),
    "JUPYTER_MCP_SERVER_ENABLED": _Meaning(("mcp", "enabled"), _switch),
    "JUPYTERHUB_CULL_MAX_AGE": _Meaning(("culling", "max_age"), _of_seconds),
    "IMAGE_REGISTRY": _Meaning(("images", "registry")),
    "JUPYTER_PYTHON_KERNEL_TAG": _Meaning(("images", "tag")),
    "KERNEL_IMAGE_BUUN_STACK_REPOSITORY": _Meaning(("images", "name")),
    "KERNEL_IMAGE_BUUN_STACK_CUDA_REPOSITORY": _Meaning(("images", "cuda_name")),
    "SPARK_VERSION": _Meaning(("images", "spark_version")),
    "PIP_REPOSITORY_URL": _Meaning(("images", "package_index")),
    "DOCKER_CMD": _Meaning(("images", "builder")),
    "MONITORING_ENABLED": _Meaning(("monitoring", "enabled"), _switch),
    "PROMETHEUS_NAMESPACE": _Meaning(("monitoring", "namespace")),
    "JUPYTER_BUUNSTACK_LOG_LEVEL": _Meaning(("notebook", "buunstack_log_level")),
}
"""Variable -> its key. What has a key of the same meaning is here and nowhere else."""
WITHOUT_EFFECT = {
    "VAULT_ADDR": "buun-stack made it from VAULT_HOST and read it nowhere; set vault.address",
    "VAULT_AGENT_LOG_LEVEL": "buun-stack read it nowhere",
    "AIRFLOW_DAGS_STORAGE_SIZE": "buun-stack only printed it",
    "EXTERNAL_SECRETS_NAMESPACE": "what the cluster has is found without it",
    "K8S_VAULT_NAMESPACE": "what the cluster has is found without it",
    "NVIDIA_DEVICE_PLUGIN_NAMESPACE": "what the cluster has is found without it",
    "LONGHORN_NAMESPACE": "what the cluster has is found without it",
    "GPU_TIME_SLICING_REPLICAS": "of the device plugin, which is not part of this stack",
    "NVIDIA_DEVICE_PLUGIN_VERSION": "of the device plugin, which is not part of this stack",
    "SPARK_DOWNLOAD_URL": "Spark comes with PySpark, checked by its hash; a mirror needs images.spark_sha512 too",
}
_CHART = "4.3.2"
_DAGS = "JUPYTERHUB_AIRFLOW_DAGS_PERSISTENCE_ENABLED"
_DAGS_VOLUME = {"claim": "airflow-dags-pvc", "path": "/home/jovyan/airflow-dags"}
_POSTGRES = {"POSTGRES_HOST": "postgres-cluster-rw.postgres", "POSTGRES_PORT": "5432"}


def migrated(text: str, release: Release | None = None) -> Migration:
    """The stack file for a file with buun-stack's variables, and for what runs.

    Args:
        text: the variables; empty without such a file.
        release: what runs; where it says something else than a variable, it wins and that is said.

    Raises:
        NotMigrated: a line or a value cannot be read.
    """
    found, alone = variables(text)
    file, notes, given = _defaults(), [], {}
    for variable in found:
        if (meaning := MEANINGS.get(variable.name)) is not None:
            if variable.value or meaning.value is _switch:
                file.put(meaning.path, meaning.value(variable), *variable.comments)
                given[meaning.path] = variable.name
        elif variable.name == _DAGS:
            if _switch(variable):
                file.put(("storage", "volumes", "airflow-dags"), dict(_DAGS_VOLUME), *variable.comments)
        elif variable.name in WITHOUT_EFFECT:
            notes.append(f"line {variable.line}: {variable.name} is left out: {WITHOUT_EFFECT[variable.name]}")
        else:
            notes.append(f"line {variable.line}: {variable.name} is unknown here, and left out")
    notes += adopt(file, release, given) if release else _asked(file, {variable.name for variable in found})
    notes += _fitted(file, release)
    origin = "buun-stack's variables" if release is None else f"what runs as release {release.name}"
    head = [f"# From {origin}, by inv migrate.", *(f"# {comment}".rstrip() for comment in alone)]
    return Migration(file.text(head), tuple(notes))


def _defaults() -> StackFile:
    """What buun-stack does without a variable that says so."""
    file = StackFile()
    file.put(("version",), 1)
    file.put(("name",), "jupyterhub")
    file.put(("target",), {"kind": "kubernetes", "namespace": "jupyter"})
    file.put(("ingress", "class_name"), "traefik")
    file.put(("auth",), {"kind": "keycloak", "allow_all": True, "keycloak": {}})
    file.put(("profiles", "datascience", "enabled"), True)
    file.put(("gpu",), {"enabled": "auto", "all_profiles": True})
    file.put(("vault", "enabled"), False)
    file.put(("culling", "max_age"), "7d")
    file.put(("images",), {"name": "buun-stack-notebook", "cuda_name": "buun-stack-cuda-notebook"})
    file.put(("notebook", "environment"), dict(_POSTGRES))
    # What its NetworkPolicy let servers reach.
    file.put(("egress",), {name: {} for name in KNOWN})
    return file


def _asked(file: StackFile, given: set[str]) -> Iterator[str]:
    """What only somebody who knows the installation can tell, where nobody has looked at it."""
    if "JUPYTERHUB_NAMESPACE" not in given:
        yield "target.namespace: buun-stack's README says jupyter and its code datastack; `kubectl get ns` tells"
    if "JUPYTERHUB_CHART_VERSION" not in given:
        yield f"chart.version: buun-stack installed {_CHART} unless told; `helm list` tells"
    if file.get("storage", "kind") == "nfs":
        file.put(("storage", "nfs", "folder"), "{username}", "Where buun-stack has each home on the volume.")


def _fitted(file: StackFile, release: Release | None) -> Iterator[str]:
    """What has to fit together here and did not there, and what is still to be filled in."""
    if file.get("hub", "host") is None:
        file.put(("hub", "host"), "jupyter.example.org", "The name that users type; buun-stack asked for it.")
        yield "hub.host is still to be filled in"
    if file.get("auth", "keycloak", "url") is None:
        file.put(("auth", "keycloak", "url"), "https://auth.example.org", "Of Keycloak.")
        yield "auth.keycloak.url is still to be filled in"
    file.put(
        ("auth", "keycloak", "client_secret"),
        IN_CLUSTER if release else "vault:secret/jupyterhub/keycloak#client-secret",
        "Where the secret of the client is kept: env:NAME, file:PATH, vault:PATH#FIELD or k8s:SECRET#KEY.",
    )
    yield "auth.keycloak.client_secret names a place where the secret has to be put first; it is never in this file"
    if file.get("storage", "kind") != "nfs":
        file.drop("storage", "nfs")
    if file.get("gpu", "enabled") is False:
        file.put(("gpu",), {"enabled": False})
        if file.get("profiles", "buun-stack-cuda", "enabled"):
            file.put(("profiles", "buun-stack-cuda"), {"enabled": False}, "It needs GPUs, and gpu.enabled is false.")
            yield "profiles.buun-stack-cuda is off: without GPUs buun-stack offered it all the same"
    yield from _secrets_fitted(file)


def _secrets_fitted(file: StackFile) -> Iterator[str]:
    if not file.get("vault", "enabled"):
        file.put(("vault",), {"enabled": False})
        return
    file.put(("vault", "preset"), "buun-stack")
    if file.get("vault", "address") is None:
        file.put(("vault", "address"), "https://vault.example.org", "Of Vault.")
        yield "vault.address is still to be filled in"
    cap = file.get("vault", "user_token", "max_ttl") or "168h"
    if file.get("culling", "max_age") in ("7d", cap):
        file.put(("culling", "max_age"), "6d", "A server has to end before its token does: 7d would outlive it.")
        yield f"culling.max_age is 6d: with buun-stack's 7d a server outlives its token ({cap})"
