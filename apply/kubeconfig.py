"""Credentials of a cluster: from a kubeconfig, or from inside a pod. Reads files; may run a login plugin.

The plain forms (one file, a certificate or a token) are read here, because importing the kubernetes package costs more
than the request of an install that changes nothing; every other form goes through that package.
"""

import base64
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.cyaml import CSafeLoader

from spec.errors import StackError, TargetUnreachable

_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds its token (kubernetes.io, "Accessing the Kubernetes API from a Pod")."""
_PLAIN_USER = {"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile"}
_PLAIN_CLUSTER = {
    *("server", "certificate-authority", "certificate-authority-data", "tls-server-name", "extensions"),
    "disable-compression",
}


@dataclass(frozen=True)
class Access:
    """How to reach one API server, as whom."""

    server: str
    tls: ssl.SSLContext = field(repr=False)
    headers: dict[str, str] = field(repr=False, default_factory=dict)
    server_name: str | None = None
    """The name in the server's certificate, where it is not the address's."""
    context: str | None = None
    """The kubeconfig's context; None for what is current there, or in a pod."""
    proxy: str | None = None


def access(context: str | None) -> Access:
    """The credentials of `context`, or of the current one.

    Raises:
        StackError: no kubeconfig, no such context, or one that does not verify the server.
        TargetUnreachable: a login plugin failed.
    """
    files = [Path(name) for name in os.environ.get("KUBECONFIG", "").split(os.pathsep) if name]
    files = files or [Path.home() / ".kube" / "config"]
    there = [file for file in files if file.is_file()]
    if not there:
        if context is None and (_POD / "token").is_file():
            return _of_pod()
        raise StackError(
            f"there is no kubeconfig: {', '.join(map(str, files))}",
            hint="set KUBECONFIG, or put the cluster's file at ~/.kube/config",
        )
    if len(there) == 1:
        content = _read(there[0])
        cluster, user = _entries(content, context, there[0])
        _refuse_unverified(cluster, there[0])
        if not (user.keys() - _PLAIN_USER or cluster.keys() - _PLAIN_CLUSTER):
            return _plain(cluster, user, context, there[0].parent)
    return _by_package(context, there)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.load(file.read_text("utf-8"), Loader=CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        # Without the parser's own words: they may quote a key.
        raise StackError(f"the kubeconfig {file} cannot be read ({type(error).__name__})") from None
    if not isinstance(content, dict):
        raise StackError(f"the kubeconfig {file} is empty or no mapping")
    return content


def _entries(content: dict[str, Any], context: str | None, file: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    contexts = _named(content.get("contexts"), "context")
    chosen = context or content.get("current-context") or ""
    if chosen not in contexts:
        known = ", ".join(sorted(contexts)) or "none"
        what = f"no context {chosen!r}" if chosen else "no current context"
        raise StackError(f"the kubeconfig {file} has {what}", hint=f"target.context: one of {known}")
    found = contexts[chosen]
    clusters, users = _named(content.get("clusters"), "cluster"), _named(content.get("users"), "user")
    if found.get("cluster") not in clusters:
        raise StackError(f"context {chosen!r} of {file} names a cluster that is not in it: {found.get('cluster')!r}")
    return clusters[found["cluster"]], users.get(str(found.get("user")), {})


def _named(items: Any, key: str) -> dict[str, dict[str, Any]]:
    return {str(item["name"]): dict(item.get(key) or {}) for item in items or [] if isinstance(item, dict)}


def _refuse_unverified(cluster: dict[str, Any], file: Path) -> None:
    if cluster.get("insecure-skip-tls-verify"):
        raise StackError(
            f"{file} skips the check of the API server's certificate, so anyone on the way could be the cluster",
            hint="replace insecure-skip-tls-verify by certificate-authority-data",
        )


def _plain(cluster: dict[str, Any], user: dict[str, Any], context: str | None, folder: Path) -> Access:
    tls = _trust(_content(cluster, "certificate-authority", folder))
    certificate = _content(user, "client-certificate", folder)
    if certificate:
        _present(tls, certificate, _content(user, "client-key", folder))
    token = user.get("token") or (_file(folder / str(user["tokenFile"])).decode() if user.get("tokenFile") else "")
    headers = {"Authorization": f"Bearer {token.strip()}"} if token else {}
    return Access(str(cluster.get("server", "")), tls, headers, cluster.get("tls-server-name"), context)


def _content(entry: dict[str, Any], name: str, folder: Path) -> bytes:
    if data := entry.get(f"{name}-data"):
        try:
            return base64.b64decode(data, validate=True)
        except ValueError:
            raise StackError(f"the kubeconfig's {name}-data is not base64") from None
    return _file(folder / str(entry[name])) if entry.get(name) else b""


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StackError(f"the kubeconfig names {path}, which cannot be read: {error.strerror}") from error


def _trust(authority: bytes) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=authority.decode("ascii") if authority else None)
    except (ssl.SSLError, UnicodeDecodeError):
        raise StackError("the kubeconfig's certificate-authority is no certificate in PEM form") from None


def _present(tls: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """ssl takes a client's key from a file only: a private one, gone before this returns."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate + b"\n" + key)
        file.flush()
        try:
            tls.load_cert_chain(file.name)
        except ssl.SSLError:
            raise StackError("the kubeconfig's client-certificate and client-key are no pair in PEM form") from None


def _of_pod() -> Access:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST", ""), os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    token = _file(_POD / "token").decode().strip()
    return Access(server, _trust(_file(_POD / "ca.crt")), {"Authorization": f"Bearer {token}"})


def configuration(context: str | None) -> Any:
    """The credentials as the kubernetes package has them (`kubernetes.client.Configuration`).

    Raises:
        TargetUnreachable: it cannot make any, such as when a login plugin fails.
    """
    from kubernetes import config
    from kubernetes.client import Configuration

    made = Configuration()
    try:
        config.load_config(context=context, client_configuration=made)  # type: ignore[no-untyped-call]
    except config.ConfigException as error:
        raise TargetUnreachable(f"no credentials for the cluster: {error}", hint="kubectl get namespaces") from error
    return made


def _by_package(context: str | None, files: list[Path]) -> Access:
    for file in files:
        for cluster in _named(_read(file).get("clusters"), "cluster").values():
            _refuse_unverified(cluster, file)
    made = configuration(context)
    tls = _trust(Path(made.ssl_ca_cert).read_bytes() if made.ssl_ca_cert else b"")
    if made.cert_file:
        _present(tls, Path(made.cert_file).read_bytes(), Path(made.key_file).read_bytes())
    token = made.get_api_key_with_prefix("authorization") or made.get_api_key_with_prefix("BearerToken")
    headers = {"Authorization": token} if token else {}
    return Access(made.host, tls, headers, made.tls_server_name, context, made.proxy)
