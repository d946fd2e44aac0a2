"""What is wrong with a stack on one machine, judged by what was seen: bounds, and what no test makes real."""

from dataclasses import replace
from typing import Any

import pytest

from apply.findings import Finding
from apply.machinecheck import reports
from apply.machineseen import CertificateSeen, MachineSeen, Process
from apply.vaultseen import VaultSeen

WELL = MachineSeen(
    state="/state",
    supervisor="lives",
    status_readable=True,
    processes=(Process("hub", "ready"),),
    facts_readable=True,
    changed_files=(),
    missing_folders=(),
    missing_secrets=(),
    open_files=(),
    database_fault="",
    free_bytes=2**31,
    least_free_bytes=2**30,
    worker="",
    landlock_lacks=False,
    certificates=(CertificateSeen("public", days=700),),
    environments=(),
    hub_fault="",
    token_refused=False,
    page_fault="",
    vault=VaultSeen(),
)


def judged(**changes: Any) -> list[Finding]:
    return [one for report in reports(replace(WELL, **changes)) for one in report.findings]


SEEN: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"certificates": (CertificateSeen("public", days=700, begins_in_days=0.5),)}, ["CERT106"]),
    ({"certificates": (CertificateSeen("public", days=14),)}, []),
    ({"certificates": (CertificateSeen("public", days=13.9),)}, ["CERT102"]),
    ({"free_bytes": 2**30}, []),
    ({"free_bytes": 2**30 - 1}, ["DISK101"]),
    ({"hub_fault": "the hub answers 500"}, ["HUB101"]),
    ({"vault": VaultSeen("it does not answer")}, ["VAULT101"]),
    ({"vault": VaultSeen(status=501)}, ["VAULT102"]),
    ({"vault": VaultSeen(status=473)}, []),
    ({"vault": VaultSeen(token_fault="it is dead")}, ["VAULT108"]),
    ({"vault": None}, []),
]


@pytest.mark.parametrize(("changes", "codes"), SEEN)
def test_each_observation_has_its_findings(changes: dict[str, Any], codes: list[str]) -> None:
    assert [one.code for one in judged(**changes)] == codes


def test_many_files_are_counted_and_not_all_named() -> None:
    (one,) = judged(changed_files=tuple(f"site/hub/{number}.py" for number in range(9)))

    assert one.evidence.endswith("site/hub/5.py and 3 more")
