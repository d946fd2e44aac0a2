"""One JSON-over-HTTP call: TLS verified, no proxy from the environment, errors in words."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from spec.errors import TargetUnreachable

TIMEOUT_SECONDS = 30.0


def call(
    method: str,
    url: str,
    *,
    what: str,
    headers: dict[str, str] | None = None,
    body: Any = None,
    ca: Path | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> tuple[int, Any]:
    """Send one request and return (status, decoded JSON or text or None).

    Args:
        what: whom this talks to, in the user's words, for the error.
        ca: certificate authority of a server with a private one.

    Raises:
        TargetUnreachable: no answer, or a certificate that is not trusted.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {"Accept": "application/json", **(headers or {})}
    data = None
    if body is not None:
        data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
    connection = _connection(parts.scheme, parts.hostname or "", port, ca, timeout)
    try:
        connection.request(method, path, data, sent)
        answer = connection.getresponse()
        return answer.status, _decoded(answer.read())
    except ssl.SSLCertVerificationError as error:
        raise TargetUnreachable(
            f"the certificate of {what} at {parts.scheme}://{parts.netloc} is not trusted: {error.verify_message}",
            hint="name its authority with `ca:` in the stack file",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise TargetUnreachable(
            f"{what} does not answer at {parts.scheme}://{parts.netloc}: {error or type(error).__name__}",
            hint="inv status shows what runs",
        ) from error
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int, ca: Path | None, timeout: float) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=timeout)
    context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)


def _decoded(data: bytes) -> Any:
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")
