"""A first stack file with comments, from a few answers. Pure."""

import json
from dataclasses import dataclass, fields, replace
from typing import Any

from spec.document import Document

TARGETS = ("local", "kubernetes")
HOMES = ("dynamic", "nfs")


@dataclass(frozen=True)
class Answers:
    """What the questions of `inv init` ask; each has a default."""

    target: str = "local"
    """One of TARGETS."""
    name: str = "jupyterhub"
    host: str = "jupyter.example.net"
    """The name users type; `kubernetes` only."""
    login: str = ""
    """One of `logins`; empty: the first of them."""
    provider: str = "https://auth.example.net"
    """The address of the login provider; `keycloak` and `oidc` only."""
    admin: str = "admin"
    vault: bool = True
    vault_address: str = "https://vault.example.net"
    """`kubernetes` only; the local target runs a server of its own."""
    homes: str = "dynamic"
    """One of HOMES; `kubernetes` only."""
    nfs_server: str = "192.168.10.1"
    nfs_path: str = "/volume1/jupyter"
    gpu: bool = False
    """Offer a profile with GPUs; `kubernetes` only."""
    schema: str = "schema/stack.schema.json"
    """Where editors find the JSON Schema, from the stack file."""


def logins(answers: Answers) -> tuple[str, ...]:
    """The ways to sign in that a target can have now; the first one is its default."""
    return ("native", "dummy") if answers.target == "local" else ("keycloak", "oidc", "native")


def starter(answers: Answers) -> str:
    """The text of a stack file; valid as it stands when each answer is what its field takes."""
    answers = _written(answers)
    parts = [_HEAD.format(schema=answers.schema, name=answers.name, target=_target(answers))]
    if answers.target == "local":
        parts += [_LOCAL_HUB, _local_auth(answers), _LOCAL_PROFILES]
    else:
        parts += [_CLUSTER_HUB.format(host=answers.host), _cluster_auth(answers)]
        parts += [_cluster_profiles(answers), _storage(answers)]
    parts += [_vault(answers), _CULLING, _NOTEBOOK]
    return "\n".join(parts)


def _written(answers: Answers) -> Answers:
    """The answers as YAML: in quotes where a plain text would be read as something else."""
    texts: dict[str, Any] = {}
    for field in fields(answers):
        value = getattr(answers, field.name)
        if isinstance(value, str) and value and Document(f"[{value}]", "").data != [value]:
            texts[field.name] = json.dumps(value, ensure_ascii=False)
    return replace(answers, **texts)


def _target(answers: Answers) -> str:
    return _LOCAL_TARGET if answers.target == "local" else _CLUSTER_TARGET.format(name=answers.name)


def _local_auth(answers: Answers) -> str:
    if answers.login in ("", "native"):
        return _NATIVE.format(admin=answers.admin)
    return _DUMMY.format(admin=answers.admin) if answers.login == "dummy" else _provider(answers)


def _cluster_auth(answers: Answers) -> str:
    return _NATIVE.format(admin=answers.admin) if answers.login == "native" else _provider(answers)


def _provider(answers: Answers) -> str:
    text = _OIDC if answers.login == "oidc" else _KEYCLOAK
    return text.format(provider=answers.provider, admin=answers.admin)


def _cluster_profiles(answers: Answers) -> str:
    return _CLUSTER_PROFILES + (_GPU if answers.gpu else "")


def _storage(answers: Answers) -> str:
    if answers.homes == "nfs":
        return _NFS.format(server=answers.nfs_server, path=answers.nfs_path)
    return _DYNAMIC


def _vault(answers: Answers) -> str:
    if not answers.vault:
        return _NO_VAULT
    return _LOCAL_VAULT if answers.target == "local" else _CLUSTER_VAULT.format(address=answers.vault_address)


_HEAD = """\
# yaml-language-server: $schema={schema}
# One notebook platform. All keys: docs/reference.md. Check: inv validate. Make it so: inv install.
version: 1
name: {name}  # two stacks on one machine need two names
{target}"""

_LOCAL_TARGET = """\
target:
  kind: local  # processes of this machine, kept running by one supervisor
"""

_CLUSTER_TARGET = """\
target:
  kind: kubernetes
  # context: prod  # of the kubeconfig; the current one without this
  namespace: {name}
"""

_LOCAL_HUB = """\
hub:
  title: JupyterHub  # the platform's name on its pages
  # port: 8000  # the first free one from 8000 without this
  # For other machines: an address of the network, and TLS.
  # address: 0.0.0.0
  # tls: self-signed
"""

_CLUSTER_HUB = """\
hub:
  host: {host}  # the name users type
  title: JupyterHub  # the platform's name on its pages

ingress:
  class_name: traefik
  tls_secret: jupyter-tls  # the Secret with the certificate of this host
"""

_NATIVE = """\
auth:
  kind: native  # the hub keeps user names and passwords
  admin_users: [{admin}]  # the first one is made at install; its password is shown once
  native:
    open_signup: false  # accounts are made with: inv user.add NAME
"""

_DUMMY = """\
auth:
  kind: dummy  # anybody gets in under any name: for trials on this machine
  admin_users: [{admin}]
"""

_KEYCLOAK = """\
auth:
  kind: keycloak
  keycloak:
    url: {provider}
    realm: buunstack
    client_id: jupyterhub
    client_secret: env:KEYCLOAK_CLIENT_SECRET  # where the secret is kept, never the secret itself
  admin_users: [{admin}]
  allow_all: true  # everybody of the realm; or false, and allowed_groups: [science]
"""

_OIDC = """\
auth:
  kind: oidc
  oidc:
    issuer: {provider}
    client_id: jupyterhub
    client_secret: env:OIDC_CLIENT_SECRET  # where the secret is kept, never the secret itself
  admin_users: [{admin}]
  allow_all: true  # everybody whom the provider knows; or false, and allowed_groups: [science]
"""

_LOCAL_PROFILES = """\
profiles:  # what users choose from before their server starts
  minimal:
    enabled: true
    default: true
  datascience:
    enabled: false  # true makes a virtual environment with pandas, SciPy and more at install: some minutes
  # A profile of your own:
  # statistics:
  #   display_name: Statistics
  #   packages: [statsmodels, "pandas>=2,<3"]
"""

_CLUSTER_PROFILES = """\
profiles:  # what users choose from before their server starts
  minimal:
    enabled: true
  datascience:
    enabled: true
    default: true
    cpu: {guarantee: 0.5, limit: 2}
    memory: {guarantee: 1Gi, limit: 4Gi}
  # A profile of your own:
  # r-studio:
  #   display_name: R
  #   image: registry.example.net/r:4.5
"""

_GPU = """\
  pytorch:
    enabled: true
    gpu: {limit: 1}
    memory: {guarantee: 4Gi, limit: 16Gi}

gpu:
  enabled: auto  # follows what the cluster has
"""

_DYNAMIC = """\
storage:
  kind: dynamic  # a claim for each user
  capacity: 10Gi
"""

_NFS = """\
storage:
  kind: nfs  # a folder for each user
  nfs:
    server: {server}
    path: {path}
  capacity: 100Gi  # of the whole volume
"""

_LOCAL_VAULT = """\
vault:
  enabled: true  # each user has secrets of their own, in an OpenBao that install runs
"""

_CLUSTER_VAULT = """\
vault:
  enabled: true  # each user has secrets of their own
  address: {address}
  user_token: {{ttl: 1h, max_ttl: 12h}}
"""

_NO_VAULT = """\
vault:
  enabled: false  # true gives each user secrets of their own
"""

_CULLING = """\
culling:
  enabled: true
  idle_timeout: 2h  # a server that nobody uses for this long ends; homes stay
  every: 10m
  max_age: 6d  # a server this old ends, idle or not
"""

_NOTEBOOK = """\
notebook:
  environment:  # variables of every notebook server
    TZ: UTC

mcp:
  enabled: false  # true makes each server a tool of its user's AI client: inv mcp.setup USER
"""
