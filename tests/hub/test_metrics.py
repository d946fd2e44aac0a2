"""What Prometheus reads from a real hub: with its own token alone, and with what happened in it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.local import measured
from hub.metrics import CERTIFICATE_EXPIRY
from hub.settings import Local, Tls
from tests.hub.examples import ENVIRONMENT, LOCAL, SERVICES, profile
from tests.hub.realhub import RealHub, eventually, hub_token
from tests.hub.vaultside import VaultSide

TOKEN = "metrics-token-of-tests"
COLLECTOR = {"name": "metrics", "scopes": ["read:metrics"], "token_variable": "BUUNSTACK_METRICS_TOKEN"}


@pytest.fixture(scope="module")
def watched(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    """A hub whose servers need their secrets, and whose numbers somebody collects."""
    hub = RealHub(
        tmp_path_factory.mktemp("watched") / "state",
        vault={**vault.settings, "required": True},
        profiles=[profile("minimal", default=True), profile("closed", groups=["others"])],
        services=[*SERVICES, COLLECTOR],
    )
    hub.environment["BUUNSTACK_METRICS_TOKEN"] = TOKEN
    with hub:
        yield hub


def numbers(hub: RealHub) -> dict[tuple[str, ...], float]:
    """(name, label values in the order of their names) -> value, as Prometheus reads them."""
    answer = hub.api("GET", "../metrics", TOKEN)
    assert answer.status_code == 200, answer.text
    samples = [one for family in text_string_to_metric_families(answer.text) for one in family.samples]
    return {(one.name, *(value for _, value in sorted(one.labels.items()))): one.value for one in samples}


@pytest.mark.parametrize("path", ["../metrics", "metrics"])
def test_metrics_are_for_the_collectors_token_alone(watched: RealHub, path: str) -> None:
    assert watched.session.get(f"{watched.api_url}/{path}", timeout=10).status_code == 403
    assert watched.api("GET", path, ENVIRONMENT["BUUNSTACK_CULLER_TOKEN"]).status_code == 403
    assert watched.api("GET", path, hub_token(watched.spawn("eve"))).status_code == 403
    assert watched.api("GET", path, TOKEN).status_code == 200
    watched.stop_server("eve")


def test_the_collectors_token_opens_nothing_else(watched: RealHub) -> None:
    for path in ("users", "stack/usage?since=0", "proxy"):
        assert watched.api("GET", path, TOKEN).status_code == 403


def test_vault_is_counted_by_what_came_of_a_call(watched: RealHub, vault: VaultSide) -> None:
    before = numbers(watched)
    assert watched.ask(hub_token(watched.spawn("ada"))).status_code == 200
    watched.stop_server("ada")

    def grew(name: str, *labels: str) -> bool:
        # Two of each: the proof at the start, and the notebook's own. A slow stop's are taken back by the sweep.
        return numbers(watched)[name, *labels] >= before[name, *labels] + 2

    eventually(lambda: grew("buunstack_vault_tokens_total", "done", "server"), "tokens are counted")
    eventually(lambda: grew("buunstack_vault_revocations_total", "done"), "revocations are counted")
    after = numbers(watched)
    assert after["buunstack_vault_logins_total", "done"] >= 1
    handler = "hub.vaulttoken.VaultTokenHandler"
    assert after["jupyterhub_request_duration_seconds_count", "200", handler, "POST"] >= 1


def test_a_start_that_fails_is_counted_by_its_cause(watched: RealHub, vault: VaultSide) -> None:
    before = numbers(watched)
    with vault.sealed():
        assert watched.request_spawn("bea").status_code == 503
    assert watched.request_spawn("bea", profile="closed").status_code == 403

    def counts() -> bool:
        after = numbers(watched)
        return all(
            after["buunstack_spawn_failures_total", cause] == before["buunstack_spawn_failures_total", cause] + 1
            for cause in ("vault", "refused")
        )

    eventually(counts, "both are counted")
    after = numbers(watched)
    assert after["buunstack_spawn_failures_total", "failed"] == before["buunstack_spawn_failures_total", "failed"]
    assert after["buunstack_vault_tokens_total", "unavailable", "server"] >= 1


def test_a_culled_server_is_told_from_one_that_its_user_stopped(watched: RealHub) -> None:
    before = numbers(watched)
    own = watched.api("POST", "users/cleo/tokens", json={}) if watched.api("POST", "users/cleo") else None
    assert own is not None
    for token in (ENVIRONMENT["BUUNSTACK_CULLER_TOKEN"], own.json()["token"]):
        watched.spawn("cleo")
        assert watched.api("DELETE", "users/cleo/server", token).status_code in (202, 204)
        watched.wait_stopped("cleo")
    after = numbers(watched)

    for who in ("culler", "user"):
        assert after["buunstack_server_stops_total", who] == before["buunstack_server_stops_total", who] + 1
    runs = watched.api("GET", "stack/usage?since=0").json()["runs"]
    assert [run["ended_by"] for run in runs if run["user"] == "cleo"] == ["culler", "user"]


def test_the_room_for_homes_is_told_by_the_hub_itself(watched: RealHub) -> None:
    found = numbers(watched)

    assert found["buunstack_homes_size_bytes",] > found["buunstack_homes_available_bytes",] > 0


def test_a_certificate_is_read_at_each_scrape_and_one_that_cannot_be_read_is_no_number(
    vault: VaultSide, tmp_path: Path
) -> None:
    file = tmp_path / "public.pem"
    local = Local(**{**LOCAL, "state": str(tmp_path), "tls": Tls(certificate=str(file), key="")})
    measured.measure(local, has_vault=False)

    def expiry() -> float:
        (sample,) = [one for one in next(iter(CERTIFICATE_EXPIRY.collect())).samples if "public" in one.labels.values()]
        return sample.value

    assert expiry() != expiry()  # NaN
    file.write_bytes(vault.bao.ca.read_bytes())
    assert expiry() > time.time()
