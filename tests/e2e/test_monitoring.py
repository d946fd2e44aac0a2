"""Metrics of a stack as it is installed: where `inv status` says, with the token of its file, for nobody else."""

import json
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.stack import InstalledStack


def scrape(url: str, token: str, ca: str | bool = True) -> requests.Response:
    """As Prometheus does it."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return session.get(url, headers=headers, timeout=30, verify=ca)


def test_metrics_are_read_where_the_status_says_with_the_token_of_its_file(stack: InstalledStack) -> None:
    told = stack.status()["metrics"]
    token_file = Path(told["token_file"])
    token = token_file.read_text().strip()

    answer = scrape(told["url"], token)
    public = scrape(f"{stack.url}/hub/metrics", token, stack.ca)

    assert (answer.status_code, public.status_code) == (200, 200)
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {"jupyterhub_running_servers", "buunstack_vault_logins", "buunstack_homes_available_bytes"} <= names
    assert token_file.stat().st_mode & 0o077 == 0
    assert f"metrics: {told['url']}" in stack.inv("status").stdout
    assert token not in stack.inv("status").stdout


def test_metrics_are_refused_to_everybody_else(stack: InstalledStack) -> None:
    url = stack.status()["metrics"]["url"]

    for token in ("", "wrong", (stack.state / "secrets" / "culler-token").read_text().strip()):
        assert scrape(url, token).status_code == 403
    # What a culler's token may do, this one may not.
    token = (stack.state / "secrets" / "metrics-token").read_text().strip()
    assert stack.ask_hub("users", token=token).status_code == 403


def test_the_certificate_of_vault_is_told_with_its_end(stack: InstalledStack) -> None:
    told = stack.status()["metrics"]
    text = scrape(told["url"], Path(told["token_file"]).read_text().strip()).text
    samples = [one for family in text_string_to_metric_families(text) for one in family.samples]

    ends = {one.labels["certificate"]: one.value for one in samples if "certificate_expiry" in one.name}
    made = json.loads((stack.state / "conf" / "facts.json").read_text())["certificates"]
    assert ends["vault"] > made["vault"]["renew_after"]
