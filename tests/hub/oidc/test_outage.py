"""The provider is away: refused, failing, hanging, or it does not know the hub's secret any more."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hub.oidc.site import SECRET, Browser, Standin, provider_hub, text_of
from tests.hub.oidc.test_refresh import ENDED, OVERDUE_SECONDS, signed_in
from tests.hub.realhub import RealHub

REST_SECONDS = 3.1
"""After a vain wait the hub asks nobody for three seconds."""
FAULTS = {
    "fails": {"status": 503},
    "is overloaded": {"status": 429},
    "does not know the hub": {"secrets": ["another"]},
}


@pytest.fixture(autouse=True)
def time_has_passed(provider: Standin) -> None:
    provider.fault()
    time.sleep(REST_SECONDS)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_sessions_and_tokens_go_on_while_the_provider(
    hub: RealHub, provider: Standin, fault: dict[str, object]
) -> None:
    browser = signed_in(hub, provider, "ada", expires_in=ENDED)
    token = browser.api_token()
    time.sleep(OVERDUE_SECONDS)
    provider.fault(**fault, expires_in=ENDED)

    assert hub.api("GET", "user", token).status_code == 200
    time.sleep(OVERDUE_SECONDS)
    assert browser.signed_in()
    assert "POST /oauth2/token" in provider.calls()


def test_a_new_sign_in_is_told_that_the_provider_is_away(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-bob", "bob", "science")
    browser = Browser(hub)
    form = browser.get("/hub/oauth_login")
    provider.fault(status=503)
    # The provider's page was open already; what fails is the hub's own question.
    back = browser.get("/hub/oauth_login", allow_redirects=False).headers["Location"]
    provider.fault()
    sent = browser.session.post(back, data={"sub": "sub-bob"}, allow_redirects=False, timeout=30).headers["Location"]
    provider.fault(status=503)

    page = browser.session.get(sent, timeout=30)

    assert form.ok
    assert page.status_code == 503
    assert "The sign-in service is away" in text_of(page)
    assert "the tests&#39; provider does not answer" in page.text
    assert "Servers that are running go on" in text_of(page)


def test_a_browser_is_not_sent_to_a_provider_that_has_gone_away(hub: RealHub, provider: Standin) -> None:
    assert Browser(hub).get("/hub/oauth_login").ok
    provider.fault(status=503)
    time.sleep(REST_SECONDS)

    page = Browser(hub).get("/hub/oauth_login", allow_redirects=False)
    provider.fault()
    time.sleep(REST_SECONDS)

    assert (page.status_code, "The sign-in service is away" in text_of(page)) == (503, True)
    assert Browser(hub).get("/hub/oauth_login").ok


def test_a_hub_whose_secret_is_refused_says_so_and_names_no_secret(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-cid", "cid", "science")
    browser = Browser(hub)
    form = browser.get("/hub/oauth_login")
    provider.fault(secrets=["another"])

    page = browser.session.post(form.url, data={"sub": "sub-cid"}, timeout=30)

    assert page.status_code == 503
    assert "The sign-in service refuses this platform" in text_of(page)
    assert SECRET not in page.text + hub.log.read_text()
    assert "AUTH112" in hub.log.read_text()


def test_a_provider_that_hangs_keeps_one_request_waiting_and_not_each(hub: RealHub, provider: Standin) -> None:
    browsers = [signed_in(hub, provider, f"user-{number}", expires_in=ENDED) for number in range(6)]
    provider.fault(hang=True)

    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(Browser.signed_in, browsers))
    asked = len(provider.calls())
    time.sleep(OVERDUE_SECONDS)
    again = [browser.signed_in() for browser in browsers]

    assert together + again == [True] * 12
    assert asked <= 6
    assert len(provider.calls()) == asked


def test_a_secret_that_is_replaced_is_used_without_a_restart_and_nobody_notices(
    hub: RealHub, provider: Standin
) -> None:
    browser = signed_in(hub, provider, "dan", expires_in=ENDED)
    secret = hub.folder.parent / "client-secret"
    secret.write_text(f"new-secret\n{SECRET}\n")
    provider.fault(secrets=[SECRET], expires_in=ENDED)
    before = browser.signed_in()
    provider.fault(secrets=["new-secret"], expires_in=ENDED)
    time.sleep(OVERDUE_SECONDS)
    after = browser.signed_in()
    secret.write_text("new-secret\n")
    time.sleep(OVERDUE_SECONDS)

    assert [before, after, browser.signed_in()] == [True, True, True]
    assert Browser(hub).sign_in("sub-dan").ok
    secret.write_text(SECRET)


@pytest.fixture(scope="module")
def impatient(provider: Standin, tmp_path_factory: pytest.TempPathFactory) -> object:
    folder: Path = tmp_path_factory.mktemp("impatient")
    with provider_hub(folder, provider.url, outage_grace_seconds=4) as found:
        yield found


def test_a_session_ends_when_the_provider_is_away_for_longer_than_declared(
    impatient: RealHub, provider: Standin
) -> None:
    browser = signed_in(impatient, provider, "fay", expires_in=ENDED)
    provider.fault(status=503)
    within = browser.signed_in()
    time.sleep(4)

    page = browser.home()

    assert within
    assert page.url.startswith(f"{impatient.url}/hub/login")
    assert "the sign-in service was away for too long" in text_of(page)


def test_a_restart_of_the_hub_begins_no_new_grace(impatient: RealHub, provider: Standin) -> None:
    time.sleep(REST_SECONDS)
    browser = signed_in(impatient, provider, "guy", expires_in=ENDED)
    provider.fault(status=503)
    assert browser.signed_in()
    impatient.stop()
    impatient.start()
    time.sleep(4)

    assert not browser.signed_in()


def test_a_hub_starts_while_the_provider_is_away_and_its_sessions_go_on(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "hue", expires_in=ENDED)
    provider.fault(status=503)
    hub.stop()
    hub.start()

    assert browser.signed_in()
    page = Browser(hub).get("/hub/oauth_login")
    assert (page.status_code, "The sign-in service is away" in text_of(page)) == (503, True)


def test_nobody_is_sent_to_a_provider_that_has_just_stopped_answering(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-ida", "ida", "science")
    assert Browser(hub).sign_in("sub-ida").ok
    provider.fault(status=503)
    seen = hub.api("GET", "stack/login/provider").json()

    page = Browser(hub).get("/hub/oauth_login", allow_redirects=False)

    assert "AUTH101" in seen["fault"]
    assert (page.status_code, "The sign-in service is away" in text_of(page)) == (503, True)
