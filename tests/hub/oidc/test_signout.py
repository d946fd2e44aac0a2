"""A sign-out here ends every session, and not the work: servers go on until the sign-in would have ended."""

import json
import time
from datetime import UTC, datetime

from tests.hub.oidc.site import Browser, Standin
from tests.hub.oidc.test_refresh import OVERDUE_SECONDS, signed_in
from tests.hub.realhub import RealHub, eventually, hub_token


def at_work(hub: RealHub, provider: Standin, name: str) -> tuple[Browser, str, str]:
    """A browser, a token of the user's own, and the token of a server that runs."""
    browser = signed_in(hub, provider, name)
    token, before = browser.api_token(), set(hub.reports())
    assert hub.api("POST", f"users/{name}/server", token).status_code in (201, 202)
    path = eventually(lambda: set(hub.reports()) - before, "the server runs").pop()
    eventually(lambda: hub.server(name).get("ready"), "the server is ready")
    return browser, token, hub_token(json.loads(path.read_text()))


def reports_activity(hub: RealHub, name: str, token: str) -> int:
    now = datetime.now(UTC).isoformat()
    return hub.api("POST", f"users/{name}/activity", token, json={"last_activity": now}).status_code


def test_a_server_goes_on_after_its_user_has_signed_out(hub: RealHub, provider: Standin) -> None:
    browser, token, servers = at_work(hub, provider, "ada")
    other = Browser(hub)
    other.sign_in("sub-ada")

    browser.get("/hub/logout", allow_redirects=False)
    time.sleep(OVERDUE_SECONDS)

    assert reports_activity(hub, "ada", servers) == 200
    assert hub.api("GET", "user", token).status_code == 403
    assert (browser.signed_in(), other.signed_in()) == (False, False)
    assert reports_activity(hub, "ada", servers) == 200
    hub.stop_server("ada")


def test_a_server_gets_nothing_more_when_the_provider_has_ended_the_session(hub: RealHub, provider: Standin) -> None:
    browser, _, servers = at_work(hub, provider, "bea")
    before = reports_activity(hub, "bea", servers)

    assert hub.api("DELETE", "stack/bindings/bea").status_code == 204  # ends as a sign-out at the provider does
    time.sleep(OVERDUE_SECONDS)

    assert (before, reports_activity(hub, "bea", servers)) == (200, 403)
    assert not browser.signed_in()
    hub.stop_server("bea")


def test_the_operator_starts_a_server_for_a_user_whom_nobody_signs_in_as(hub: RealHub, provider: Standin) -> None:
    hub.spawn("install-proof")

    hub.stop_server("install-proof")


def test_the_operator_starts_none_for_somebody_who_has_signed_out(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "cid")
    browser.get("/hub/logout", allow_redirects=False)

    assert hub.request_spawn("cid").status_code == 403
