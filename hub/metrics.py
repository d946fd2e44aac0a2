"""The hub's numbers for Prometheus that JupyterHub has not: told with JupyterHub's own at /hub/metrics.

Requests to the stack's own handlers are among JupyterHub's `jupyterhub_request_duration_seconds` already, by handler
and code, so they are not counted again.
"""

import contextlib
from collections.abc import Iterator

from prometheus_client import Counter, Gauge

from hub.vaulterrors import VaultDown, VaultError

OUTCOMES = ("done", "refused", "unavailable")
"""Of a call of Vault: `refused` is configuration, `unavailable` is weather."""
CAUSES = ("refused", "vault", "timeout", "failed")
"""Why a server did not start: the user may not, Vault gave no token, too slow, anything else."""

VAULT_LOGINS = Counter("buunstack_vault_logins", "Logins of the hub at Vault, by outcome", ["outcome"])
VAULT_TOKENS = Counter("buunstack_vault_tokens", "Tokens for users asked of Vault, by outcome", ["use", "outcome"])
VAULT_REVOCATIONS = Counter("buunstack_vault_revocations", "Tokens taken back in Vault, by outcome", ["outcome"])
SPAWN_FAILURES = Counter("buunstack_spawn_failures", "Servers that did not start, by cause", ["cause"])
STOPS = Counter("buunstack_server_stops", "Servers that somebody stopped through the hub, by whom", ["by"])
CERTIFICATE_EXPIRY = Gauge(
    "buunstack_certificate_expiry_timestamp_seconds", "When a certificate of this stack ends", ["certificate"]
)
HOMES_SIZE = Gauge("buunstack_homes_size_bytes", "Size of the file system with the homes")
HOMES_AVAILABLE = Gauge("buunstack_homes_available_bytes", "What the file system with the homes has left")

STOPPED_BY = ("culler", "user", "administrator", "service")
USES = ("server", "page")
# A series that is not there before the first event would hide that event from `increase`.
for _outcome in OUTCOMES:
    VAULT_LOGINS.labels(_outcome)
    VAULT_REVOCATIONS.labels(_outcome)
    for _use in USES:
        VAULT_TOKENS.labels(_use, _outcome)
for _cause in CAUSES:
    SPAWN_FAILURES.labels(_cause)
for _by in STOPPED_BY:
    STOPS.labels(_by)


@contextlib.contextmanager
def counted(counter: Counter, *labels: str) -> Iterator[None]:
    """Count what comes of a call of Vault; its errors pass on.

    Args:
        labels: those before the outcome.
    """
    try:
        yield
    except VaultDown:
        counter.labels(*labels, "unavailable").inc()
        raise
    except VaultError:
        counter.labels(*labels, "refused").inc()
        raise
    counter.labels(*labels, "done").inc()
