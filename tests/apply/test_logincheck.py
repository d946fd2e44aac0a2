"""What is wrong with a login, judged by what was seen: each observation and its findings."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apply import findings, logincodes
from apply.findings import Finding, Report
from apply.logincheck import findings as judged
from apply.logincodes import finding
from apply.loginseen import Discovery, HubSide, LoginSeen, Reply

ROOT = Path(__file__).parent.parent.parent
ISSUER, CALLBACK = "https://auth.example.net/realms/lab", "https://hub.example.net/hub/oauth_callback"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
DOCUMENT = {"issuer": ISSUER, "code_challenge_methods_supported": ["S256"]} | dict.fromkeys(ENDPOINTS, f"{ISSUER}/x")
WELL = LoginSeen(
    kind="keycloak",
    issuer=ISSUER,
    client="jupyterhub",
    redirect=CALLBACK,
    scopes=("openid", "profile"),
    managed=False,
    own=False,
    allow_all=False,
    refresh_seconds=300,
    discovery=Discovery(200, DOCUMENT, skew_seconds=-1.0, certificate_days=60.0),
    authorize=Reply(302, "login_required", location=CALLBACK),
    without_challenge=Reply(302, "invalid_request", location=CALLBACK),
    with_secret=Reply(400, "invalid_grant"),
    without_secret=Reply(401, "unauthorized_client"),
    for_itself=Reply(401, "unauthorized_client"),
    with_password=Reply(400, "unauthorized_client"),
    delivered=("aaaa0000",),
    kept="aaaa0000",
    hub=HubSide(("aaaa0000",), ""),
)


def document(**changes: Any) -> Discovery:
    return Discovery(200, {name: value for name, value in (DOCUMENT | changes).items() if value is not None})


def away(code: str) -> dict[str, Any]:
    asked = ("discovery", "authorize", "without_challenge", "with_secret", "without_secret", "for_itself")
    return dict.fromkeys((*asked, "with_password"), None) | {"failure": (code, "it says so")}


def stopped(discovery: Discovery) -> dict[str, Any]:
    return away("") | {"failure": None, "discovery": discovery}


SEEN: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    (away("AUTH101"), [("AUTH101", "error")]),
    (away("AUTH101") | {"hub": HubSide(("aaaa0000",), "AUTH101 away")}, [("AUTH101", "error")]),
    (away("AUTH102"), [("AUTH102", "error")]),
    (stopped(Discovery(404)), [("AUTH103", "error")]),
    (stopped(Discovery(200)), [("AUTH103", "error")]),
    (stopped(document(issuer="https://other")), [("AUTH104", "error")]),
    (stopped(document(token_endpoint=None)), [("AUTH105", "error")]),
    ({"discovery": Discovery(200, DOCUMENT, certificate_days=13.9)}, [("AUTH106", "warning")]),
    ({"discovery": Discovery(200, DOCUMENT, certificate_days=14.1)}, []),
    ({"discovery": Discovery(200, DOCUMENT, skew_seconds=29)}, []),
    ({"discovery": Discovery(200, DOCUMENT, skew_seconds=-31)}, [("AUTH107", "warning")]),
    ({"discovery": Discovery(200, DOCUMENT, skew_seconds=121)}, [("AUTH107", "error")]),
    ({"authorize": Reply(400, page="Client not found.")}, [("AUTH110", "error")]),
    ({"authorize": Reply(400, page="Client not found."), "with_secret": None}, [("AUTH110", "error")]),
    ({"authorize": Reply(302, "unauthorized_client", location=CALLBACK)}, [("AUTH110", "error")]),
    ({"authorize": Reply(400, page="Invalid parameter: redirect_uri")}, [("AUTH111", "error")]),
    ({"authorize": Reply(302, "invalid_scope", location=CALLBACK)}, [("AUTH115", "error")]),
    ({"authorize": Reply(302, "server_error", location=CALLBACK)}, [("AUTH119", "error")]),
    ({"authorize": Reply(400, page="Something else")}, [("AUTH119", "error")]),
    ({"authorize": Reply(400, page="Realm not enabled")}, [("AUTH103", "error")]),
    ({"authorize": Reply(302, "consent_required", location=CALLBACK)}, []),
    ({"authorize": Reply(200)}, []),
    ({"without_challenge": Reply(302, "login_required", location=CALLBACK)}, [("AUTH113", "error")]),
    ({"without_challenge": Reply(400)}, []),
    ({"kind": "oidc", "without_challenge": Reply(200), "authorize": Reply(200)}, [("AUTH113", "warning")]),
    ({"without_secret": Reply(400, "invalid_grant")}, [("AUTH114", "error")]),
    ({"kind": "oidc", "without_secret": Reply(400, "invalid_grant")}, [("AUTH114", "warning")]),
    ({"with_secret": Reply(401, "invalid_client")}, [("AUTH112", "error")]),
    ({"with_secret": Reply(400, "unauthorized_client"), "for_itself": Reply(401)}, [("AUTH112", "error")]),
    ({"for_itself": Reply(200)}, [("AUTH116", "error")]),
    ({"with_password": Reply(401, "invalid_grant")}, [("AUTH116", "error")]),
    ({"with_password": Reply(400, "unsupported_grant_type")}, []),
    ({"admin_failure": ("AUTH120", "lacks a role")}, [("AUTH120", "error")]),
    ({"hub": HubSide((), "")}, [("AUTH150", "error")]),
    ({"hub": HubSide(("bbbb1111",), "")}, [("AUTH151", "error")]),
    ({"hub": HubSide(("aaaa0000", "bbbb1111"), "")}, []),
    ({"kept": "bbbb1111"}, [("AUTH151", "error")]),
    ({"hub": HubSide(("aaaa0000",), "AUTH101 no answer", 70)}, [("AUTH152", "error")]),
    ({"hub": None}, []),
]


@pytest.mark.parametrize(("changes", "expected"), SEEN)
def test_what_is_seen_has_its_findings_and_no_others(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(one.code, one.severity) for one in judged(replace(WELL, **changes))] == expected


def test_who_does_not_manage_the_client_is_told_what_its_administrator_has_to_do() -> None:
    refused = replace(WELL, with_secret=Reply(401, "invalid_client"))

    (theirs,), (ours,) = judged(refused), judged(replace(refused, managed=True))

    assert ours.repair == "inv auth.rotate"
    assert theirs.repair == "put the provider's secret where auth.keycloak.client_secret says, then inv install"


def test_what_install_runs_itself_it_repairs_itself() -> None:
    (found,) = judged(replace(WELL, **away("AUTH101"), managed=True, own=True))

    assert found.repair.startswith("inv install;")


@pytest.mark.parametrize("kind", ["keycloak", "oidc"])
@pytest.mark.parametrize("managed", [True, False])
@pytest.mark.parametrize("code", logincodes.CODES)
def test_every_code_is_told_in_whole_words(code: str, managed: bool, kind: str) -> None:
    found = finding(code, replace(WELL, kind=kind, managed=managed), "seen")

    assert "{" not in repr(found)
    assert all([found.what, found.cause, found.repair])


def test_the_docs_have_one_table_of_all_codes() -> None:
    page = (ROOT / "docs" / "login" / "keycloak.md").read_text()
    listed = re.findall(r"^\| `(AUTH\d+)` \|", page, re.MULTILINE)

    assert listed == sorted([*logincodes.CODES, "AUTH140"])


def test_a_report_has_errors_first_and_a_line_for_each_part() -> None:
    mild = Finding("AUTH106", "warning", "it ends", "in 3 days", "nobody looked", "renew it")
    grave = replace(mild, code="AUTH112", severity="error")
    report = [Report("login", (mild, grave, mild)), Report("secrets", ())]

    text = findings.text(report)

    assert text.startswith("error: AUTH112 it ends\n  seen: in 3 days\n  cause: nobody looked\n  repair: renew it\n\n")
    assert text.endswith("login: 1 error, 2 warnings\nsecrets: nothing wrong was found")
    assert findings.errors(report) == [grave]
    assert [one["code"] for one in findings.document(report)["login"]["findings"]] == ["AUTH112", "AUTH106", "AUTH106"]
