"""The renewer's numbers for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

_PREFIX = "buunstack_vault_renewer"


class Metrics:
    """All of one renewer; times are seconds since 1970, 0 while there is none."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.expiry = Gauge(
            f"{_PREFIX}_token_expiry_timestamp_seconds",
            "When the hub's Vault token ends unless it is renewed",
            registry=self._registry,
        )
        self.success = Gauge(
            f"{_PREFIX}_last_success_timestamp_seconds", "When Vault last renewed it", registry=self._registry
        )
        self.near_cap = Gauge(
            f"{_PREFIX}_token_nears_its_cap",
            "1 once Vault renews the hub's token for less than before: a cap ends it, whatever the renewer does",
            registry=self._registry,
        )
        self.renewals = Counter(
            f"{_PREFIX}_renewals", "Renewals asked for, by what came of it", ["outcome"], registry=self._registry
        )
        for outcome in ("renewed", "refused", "unavailable"):
            self.renewals.labels(outcome)

    def text(self) -> bytes:
        """In Prometheus' own form."""
        return bytes(generate_latest(self._registry))
