"""One JSON-over-HTTP call: TLS verified, no proxy from the environment, errors in words."""

import http.client
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

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
    server = f"{parts.scheme}://{parts.netloc}"
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    data, sent = _encoded(body, headers or {})
    connection = _connection(parts, ca, timeout)
    try:
        connection.request(method, path, data, sent)
        answer = connection.getresponse()
        return answer.status, _decoded(answer.read())
    except ssl.SSLCertVerificationError as error:
        raise TargetUnreachable(
            f"the certificate of {what} at {server} is not trusted: {error.verify_message}",
            hint="name its authority with `ca:` in the stack file",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise TargetUnreachable(
            f"{what} does not answer at {server}: {error or type(error).__name__}",
            hint="inv status shows what runs",
        ) from error
    finally:
        connection.close()


def _encoded(body: Any, headers: dict[str, str]) -> tuple[bytes | None, dict[str, str]]:
    sent = {"Accept": "application/json", **headers}
    if body is None:
        return None, sent
    return json.dumps(body).encode(), {**sent, "Content-Type": "application/json"}


def _connection(parts: SplitResult, ca: Path | None, timeout: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme != "https":
        return http.client.HTTPConnection(host, parts.port or 80, timeout=timeout)
    context = ssl.create_default_context(cafile=None if ca is None else str(ca))
    return http.client.HTTPSConnection(host, parts.port or 443, timeout=timeout, context=context)


def _decoded(data: bytes) -> Any:
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        return data.decode("utf-8", "replace")
