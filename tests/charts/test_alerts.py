"""Each alert as Prometheus evaluates it: what fires it and when, and what does not."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.promtool import run, write_rules
from tests.charts.rendering import MONITORING, Rendered, expressions

ROOT = Path(__file__).parent.parent.parent
CASES = sorted((Path(__file__).parent / "alerts").glob("*.yaml"))


@pytest.fixture
def rules(rendered: Rendered) -> list[dict[str, Any]]:
    """The alert rules of a stack `lab` in namespace `ns`."""
    (group,) = rendered(monitoring=MONITORING)["PrometheusRule lab"]["spec"]["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_alerts_fire_when_they_should_and_not_before(rules: list[dict[str, Any]], tmp_path: Path) -> None:
    for rule in rules:
        # The other words are the same whatever the series are.
        rule["annotations"] = {"summary": rule["annotations"]["summary"]}
    write_rules(tmp_path / "rules.yml", rules)
    for file in CASES:
        (tmp_path / file.name).write_text(file.read_text())

    done = run("test", "rules", *(file.name for file in CASES), folder=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_case_that_fires_one_that_does_not_and_the_minute_before_it_fires(
    rules: list[dict[str, Any]],
) -> None:
    looks = [
        (look["alertname"], int(look["eval_time"].removesuffix("m")), bool(look.get("exp_alerts")), number, file.name)
        for file in CASES
        for number, case in enumerate(yaml.safe_load(file.read_text())["tests"])
        for look in case["alert_rule_test"]
    ]
    firing = {(name, minute, *case) for name, minute, fires, *case in looks if fires}
    quiet = {(name, minute, *case) for name, minute, fires, *case in looks if not fires}
    at_once = {rule["alert"] for rule in rules if "for" not in rule}

    alerts = {rule["alert"] for rule in rules}
    assert {name for name, *_ in firing} == {name for name, *_ in quiet} == alerts
    # A case without any firing, beside those that show the boundary.
    loud = {(name, *case) for name, _, *case in firing}
    assert {name for name, _, *case in quiet if (name, *case) not in loud} == alerts
    boundary = {name for name, minute, *case in firing if (name, minute - 1, *case) in quiet}
    assert boundary == alerts - at_once


def test_each_query_of_the_dashboard_can_be_parsed(rendered: Rendered, tmp_path: Path) -> None:
    queries = [text.replace("$namespace", "ns") for text in expressions(rendered)]
    write_rules(tmp_path / "queries.yml", [{"record": f"query:{n}", "expr": text} for n, text in enumerate(queries)])

    done = run("check", "rules", "--lint=none", "queries.yml", folder=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(queries)} rules found" in done.stdout


def test_a_query_that_is_none_would_be_found(tmp_path: Path) -> None:
    write_rules(tmp_path / "queries.yml", [{"record": "query:1", "expr": "sum(rate(a[5m])"}])

    assert run("check", "rules", "queries.yml", folder=tmp_path).returncode != 0


def test_each_alert_names_a_command_and_a_part_of_the_documents(rules: list[dict[str, Any]]) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    anchors = {line.strip("# ").lower() for line in page.splitlines() if line.startswith("#")}
    commands = set(re.findall(r"`inv ([a-z._]+)", (ROOT / "README.md").read_text())) | {"usage"}

    for rule in rules:
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        named = set(re.findall(r"`inv ([a-z._]+)", rule["annotations"]["description"]))
        assert (file, anchor in anchors) == ("docs/monitoring.md", True), rule["alert"]
        assert named, rule["alert"]
        assert named <= commands, rule["alert"]
