"""What the hub is told by the stack: settings.json as frozen objects, checked. Reads one file."""

import json
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_UNITS_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class SettingsError(Exception):
    """The settings cannot be used; the message names the file and the key."""


@dataclass(frozen=True, kw_only=True)
class Auth:
    """Who may sign in, and how."""

    kind: Literal["native", "dummy", "keycloak", "oidc"]
    admin_users: tuple[str, ...]
    allowed_users: tuple[str, ...]
    allow_all: bool
    open_signup: bool
    minimum_password_length: int
    username_pattern: str


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Who knows the users, where the hub does not keep their passwords."""

    name: str
    issuer: str
    internal_url: str | None
    ca_file: str | None
    client_id: str
    secret_file: str
    public_url: str
    """Of this platform, with a slash at its end."""
    scopes: tuple[str, ...]
    username_claim: str
    groups_claim: str | None
    admin_groups: tuple[str, ...]
    allowed_groups: tuple[str, ...]
    refresh_seconds: int
    outage_grace_seconds: int
    session_max_seconds: int | None
    single_logout: bool
    ends_by_form: bool
    """Whether the hub can end the provider's session itself; else the browser is sent there."""
    logout_url: str | None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One choice of the spawn form."""

    slug: str
    display_name: str
    description: str
    image: str
    default: bool
    available: bool
    reason: str
    groups: tuple[str, ...]
    environment: Mapping[str, str]
    environment_id: str | None


@dataclass(frozen=True, kw_only=True)
class Vault:
    """Where notebook tokens come from."""

    address: str
    ca_file: str | None
    namespace: str | None
    jwt_file: str | None
    jwt_key_file: str | None
    token_file: str | None
    auth_mount: str
    login_role: str
    token_role: str
    policy: str
    user_policy_prefix: str | None
    mount: str
    root: str
    ttl: str
    max_ttl: str
    delivery: Literal["on_demand", "env"]
    required: bool

    @property
    def ttl_seconds(self) -> int:
        """The life of a notebook token that nobody renews."""
        return int(self.ttl[:-1]) * _UNITS_SECONDS[self.ttl[-1]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page for one's own secrets: where the proxy finds it, and how it comes to run."""

    url: str
    token_variable: str | None
    """Where its token for the hub is, when somebody else runs it; else the hub starts `command`."""
    command: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Mcp:
    """The MCP endpoint for all users: where the proxy finds it; the hub starts `command`, or somebody else runs it."""

    url: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """What every notebook server gets."""

    environment: Mapping[str, str]
    log_level: str
    allow_token_in_url: bool


@dataclass(frozen=True, kw_only=True)
class Culling:
    """When idle servers are stopped."""

    enabled: bool
    idle_timeout_seconds: int
    every_seconds: int
    max_age_seconds: int
    admins: bool
    users: bool


@dataclass(frozen=True, kw_only=True)
class Service:
    """A program that calls the hub's API."""

    name: str
    scopes: tuple[str, ...]
    token_variable: str | None


@dataclass(frozen=True, kw_only=True)
class Tls:
    """The public certificate and its key, as paths."""

    certificate: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Local:
    """What only the local target has."""

    state: str
    public_url: str
    hub_port: int
    proxy_api_url: str
    proxy_api_user: str
    python: str
    confinement: str
    read_only_paths: tuple[str, ...]
    tls: Tls | None


@dataclass(frozen=True, kw_only=True)
class SharedFolder:
    """A folder of a claim that the members of some groups share."""

    name: str
    groups: tuple[str, ...]
    read_only: bool
    path: str
    claim: str
    sub_path: str


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """What only a cluster has."""

    shared: tuple[SharedFolder, ...]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of it."""

    stack: str
    title: str
    logo_file: str | None
    log_level: Literal["debug", "info", "warning", "error"]
    auth: Auth
    provider: Provider | None
    profiles: tuple[Profile, ...]
    vault: Vault | None
    page: Page | None
    mcp: Mcp | None
    notebook: Notebook
    culling: Culling
    services: tuple[Service, ...]
    local: Local | None
    cluster: Cluster | None


def load_settings(path: Path) -> Settings:
    """Read and check the settings.

    Raises:
        SettingsError: the file cannot be read, or a key is missing, unknown or of another type.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}; `inv install` writes it") from error
    except ValueError as error:
        raise SettingsError(f"{path}: is not JSON: {error}; `inv install` writes it anew") from error
    try:
        settings: Settings = _built(Settings, content, "")
        _check(settings)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None
    return settings


def _check(settings: Settings) -> None:
    if (settings.provider is not None) != (settings.auth.kind in ("keycloak", "oidc")):
        raise SettingsError(f"provider: does not go with auth.kind {settings.auth.kind}")
    vault = settings.vault
    if vault is None:
        return
    proofs = (vault.jwt_file, vault.jwt_key_file, vault.token_file)
    if sum(proof is not None for proof in proofs) != 1:
        raise SettingsError("vault: exactly one of `jwt_file`, `jwt_key_file` and `token_file` must be set")
    for name in ("ttl", "max_ttl"):
        value = getattr(vault, name)
        if not re.fullmatch(r"[1-9][0-9]*[smhd]", value):
            raise SettingsError(f"vault.{name}: {value!r} is not a duration such as 90s, 10m, 24h or 7d")


def _built(kind: Any, value: Any, where: str) -> Any:
    """The value as what the annotation says."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _built(inner[0], value, where)
    if origin is Literal:
        if value not in inner:
            raise SettingsError(f"{where}: {value!r} is none of {', '.join(inner)}")
        return value
    if origin is tuple:
        items = enumerate(_of_type(list, value, where))
        return tuple(_built(inner[0], item, f"{where}[{number}]") for number, item in items)
    if origin is Mapping:
        pairs = _of_type(dict, value, where).items()
        return types.MappingProxyType({key: _built(inner[1], item, f"{where}.{key}") for key, item in pairs})
    if is_dataclass(kind):
        return _object(kind, _of_type(dict, value, where or "the content"), where)
    return _of_type(kind, value, where)


def _object(kind: Any, value: dict[str, Any], where: str) -> Any:
    names = {field.name for field in fields(kind)}
    prefix = f"{where}." if where else ""
    if unknown := sorted(value.keys() - names):
        raise SettingsError(f"{prefix}{unknown[0]}: unknown key; hub and settings are of different versions")
    if missing := sorted(names - value.keys()):
        raise SettingsError(f"{prefix}{missing[0]}: missing; hub and settings are of different versions")
    hints = get_type_hints(kind)
    return kind(**{name: _built(hints[name], value[name], f"{prefix}{name}") for name in names})


def _of_type(kind: type, value: Any, where: str) -> Any:
    # A JSON true is a Python int, which no number of these settings means.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SettingsError(f"{where}: expected {kind.__name__}, got {type(value).__name__}")
    return value
