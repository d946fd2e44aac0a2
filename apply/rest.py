"""One JSON-over-HTTP call: TLS verified, no proxy from the environment, errors in words."""

import contextlib
import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from spec.errors import TargetUnreachable

TIMEOUT_SECONDS = 30.0


class Untrusted(TargetUnreachable):
    """A certificate that is not trusted."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    """By names in small letters."""
    content: Any
    """Decoded JSON, or text, or None."""
    certificate_ends: float | None
    """Of the server's certificate, in seconds since the epoch; None without TLS."""


def call(method: str, url: str, **request: Any) -> tuple[int, Any]:
    """Send one request, as `exchange` does, and return (status, decoded JSON or text or None).

    Raises:
        TargetUnreachable: no answer.
        Untrusted: a certificate that is not trusted.
    """
    answer = exchange(method, url, **request)
    return answer.status, answer.content


def exchange(
    method: str,
    url: str,
    *,
    what: str,
    headers: dict[str, str] | None = None,
    body: Any = None,
    form: dict[str, str] | None = None,
    trust: Path | None = None,
    address: str | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Answer:
    """Send one request; no redirect is followed.

    Args:
        what: whom this talks to, in the user's words, for the error.
        body: sent as JSON.
        form: sent instead as a form.
        trust: certificates to trust instead of the system's: an authority's, or the server's own.
        address: where to connect, when the host's name need not be known on this machine.

    Raises:
        TargetUnreachable: no answer.
        Untrusted: a certificate that is not trusted.
    """
    parts = urlsplit(url)
    server = f"{parts.scheme}://{parts.netloc}"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    data, sent = _encoded(body, form, headers or {})
    try:
        with contextlib.closing(_opened(parts, trust, address, timeout)) as connection:
            ends = _certificate_end(connection)
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, _decoded(answer.read()), ends)
    except (OSError, http.client.HTTPException) as error:
        raise _failure(what, server, error) from error


def _failure(what: str, server: str, error: Exception) -> TargetUnreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        message = f"the certificate of {what} at {server} is not trusted: {error.verify_message}"
        return Untrusted(message, hint="name its authority with `ca:` in the stack file")
    message = f"{what} does not answer at {server}: {str(error) or type(error).__name__}"
    return TargetUnreachable(message, hint="inv status shows what runs")


def _encoded(body: Any, form: dict[str, str] | None, headers: dict[str, str]) -> tuple[bytes | None, dict[str, str]]:
    sent = {"Accept": "application/json", **headers}
    if form is not None:
        return urlencode(form).encode(), {**sent, "Content-Type": "application/x-www-form-urlencoded"}
    if body is None:
        return None, sent
    return json.dumps(body).encode(), {**sent, "Content-Type": "application/json"}


def _opened(parts: SplitResult, trust: Path | None, address: str | None, timeout: float) -> http.client.HTTPConnection:
    """A connection to `address`, or to the host; the certificate must be the host's either way."""
    secure = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if secure else 80)
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    connection.sock = socket.create_connection((address or host, port), timeout)
    if secure:
        connection.sock = tls_context(trust).wrap_socket(connection.sock, server_hostname=host)
    return connection


def _certificate_end(connection: http.client.HTTPConnection) -> float | None:
    if not isinstance(connection.sock, ssl.SSLSocket):
        return None
    certificate = connection.sock.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))


def tls_context(trust: Path | None) -> ssl.SSLContext:
    """What verifies a server: the system's authorities, or these certificates alone."""
    context = ssl.create_default_context(cafile=None if trust is None else str(trust))
    if trust is not None:
        # Else only an authority's own certificate would count, not a server's.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def _decoded(data: bytes) -> Any:
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")
