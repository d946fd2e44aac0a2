"""The hub's services and their scopes: the one table of who may do what. Pure."""

from render.found import Found
from spec.model import Stack

ADMIN_SERVICE, CULLER, METRICS = "admin-service", "culler", "metrics"
ADMIN_VARIABLE = "BUUNSTACK_ADMIN_SERVICE_TOKEN"
"""The hub's variable with the token of the admin service, at its start."""


def services(stack: Stack, found: Found) -> dict[str, list[str]]:
    """Service -> scopes on a cluster, beside the chart's own culler."""
    wanted = {ADMIN_SERVICE: ["admin:users", "tokens", "admin:servers"]}
    if is_monitored(stack, found):
        wanted[METRICS] = ["read:metrics"]
    return wanted


def is_monitored(stack: Stack, found: Found) -> bool:
    """Whether Prometheus is to collect the hub's metrics."""
    return found.monitoring if stack.monitoring.enabled == "auto" else stack.monitoring.enabled


def local_services(stack: Stack) -> dict[str, list[str]]:
    """Service -> scopes on one machine, where whoever has the token collects metrics and the culler is our own."""
    wanted = services(stack, Found(monitoring=True))
    if stack.culling.enabled:
        removal = ["delete:users"] if stack.culling.users else []
        wanted[CULLER] = ["list:users", "read:users:activity", "read:servers", "delete:servers", *removal]
    return wanted
