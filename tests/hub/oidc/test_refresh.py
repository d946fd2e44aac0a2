"""Whether a signed-in user may still be here: asked when the access token ends, and before a server starts."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.hub.oidc.site import Browser, Standin, text_of
from tests.hub.realhub import RealHub

OVERDUE_SECONDS = 1.1
"""After this the hub looks at a session again: the tests' refresh is one second."""
ENDED = 5
"""Seconds of life with which the hub takes an access token as ended."""


def signed_in(hub: RealHub, provider: Standin, name: str, *groups: str, **faults: object) -> Browser:
    """A browser with a session that is looked at again with the next request."""
    provider.account(f"sub-{name}", name, *(groups or ("science",)))
    provider.fault(**faults)
    browser = Browser(hub)
    assert browser.sign_in(f"sub-{name}").ok
    time.sleep(OVERDUE_SECONDS)
    provider.fault(**faults)
    return browser


def test_nobody_is_asked_while_the_access_token_lasts(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "ada")

    assert [browser.signed_in() for _ in range(3)] == [True] * 3
    assert provider.calls() == []


def test_an_ended_access_token_is_replaced_and_the_person_asked_for_again(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "abe", expires_in=ENDED)

    assert browser.signed_in()
    assert provider.calls() == ["POST /oauth2/token", "GET /userinfo"]


def test_twelve_requests_at_once_use_one_refresh(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "bea", expires_in=ENDED)
    token = browser.api_token()
    time.sleep(OVERDUE_SECONDS)
    provider.fault()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: hub.api("GET", "user", token).status_code, range(12)))

    assert answers == [200] * 12
    assert provider.calls() == ["POST /oauth2/token", "GET /userinfo"]


def test_whoever_left_every_allowed_group_is_out_at_the_next_look_and_told_why(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "carl", expires_in=ENDED)
    provider.account("sub-carl", "carl", "arts")

    page = browser.home()

    assert page.url.startswith(f"{hub.url}/hub/login")
    assert "Your account may not use this platform any more" in text_of(page)


def test_whoever_left_every_allowed_group_starts_no_server_though_the_session_lasts(
    hub: RealHub, provider: Standin
) -> None:
    browser = signed_in(hub, provider, "cleo")
    token = browser.api_token()
    provider.account("sub-cleo", "cleo", "arts")
    time.sleep(3.1)  # what was said a moment ago counts

    refused = hub.api("POST", "users/cleo/server", token)

    assert refused.status_code == 403
    assert hub.server("cleo") == {}


def test_a_start_asks_for_the_person_once_and_not_again_a_moment_later(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "cyd")
    token = browser.api_token()
    time.sleep(3.1)
    provider.fault()

    started = hub.api("POST", "users/cyd/server", token)

    assert started.status_code in (201, 202)
    assert provider.calls() == ["GET /userinfo"]
    hub.stop_server("cyd")


def test_groups_follow_the_provider_without_a_new_sign_in(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "dora", expires_in=ENDED)
    provider.account("sub-dora", "dora", "science", "deep-learning", "staff/admins")

    assert browser.signed_in()
    found = hub.api("GET", "users/dora").json()
    assert (sorted(found["groups"]), found["admin"]) == (["deep-learning", "science", "staff/admins"], True)


def test_an_account_whose_session_has_ended_signs_in_again_and_its_token_is_refused(
    hub: RealHub, provider: Standin
) -> None:
    browser = signed_in(hub, provider, "eve", expires_in=ENDED)
    token = browser.api_token()
    time.sleep(OVERDUE_SECONDS)
    provider.revoke("sub-eve")

    refused = hub.api("GET", "user", token)
    page = browser.home()

    assert refused.status_code == 403
    assert page.url.startswith(f"{hub.url}/hub/login")
    assert "Your session has ended. Sign in again" in text_of(page)
    assert browser.sign_in("sub-eve").ok


def test_an_access_token_that_was_taken_back_early_is_replaced(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "fay")
    token = browser.api_token()
    time.sleep(3.1)
    provider.fault(once={"GET /userinfo": 401})

    assert hub.api("POST", "users/fay/server", token).status_code in (201, 202)
    assert provider.calls() == ["GET /userinfo", "POST /oauth2/token", "GET /userinfo"]
    hub.stop_server("fay")


def test_a_renamed_account_is_out_and_its_former_name_stays_bound_to_it(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "gus", expires_in=ENDED)
    provider.account("sub-gus", "gustav", "science")

    assert not browser.signed_in()
    provider.account("sub-other", "gus", "science")
    assert Browser(hub).sign_in("sub-other").status_code == 403


def test_an_account_that_turns_into_another_one_is_out(hub: RealHub, provider: Standin) -> None:
    browser = signed_in(hub, provider, "hal", expires_in=ENDED)
    provider.fault(answers={"/userinfo": {"sub": "sub-other", "preferred_username": "hal", "groups": ["science"]}})

    assert not browser.signed_in()
