"""Sign-in with a provider through a real JupyterHub: who comes in, as what, and what they read when they may not."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.hub.oidc.site import SECRET, Browser, Standin, text_of
from tests.hub.realhub import RealHub


def test_a_member_of_an_allowed_group_comes_in_under_the_providers_name(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-ada", "Ada", "science", "ml/vision")

    page = Browser(hub).sign_in("sub-ada")

    assert (page.status_code, page.url) == (200, f"{hub.url}/hub/home")
    found = hub.api("GET", "users/ada").json()
    assert (sorted(found["groups"]), found["admin"]) == (["ml/vision", "science"], False)


def test_a_sign_in_asks_whether_the_provider_is_there_for_tokens_and_for_the_person_and_no_more(
    hub: RealHub, provider: Standin
) -> None:
    provider.account("sub-abe", "abe", "science")
    Browser(hub).sign_in("sub-abe")
    provider.fault()

    Browser(hub).sign_in("sub-abe")

    asked = [call for call in provider.calls() if "/oauth2/authorize" not in call]
    there, *of_the_hub = asked if len(asked) == 3 else ["", *asked]
    assert of_the_hub == ["POST /oauth2/token", "GET /userinfo"]
    assert there in ("", "GET /.well-known/openid-configuration")


def test_whoever_is_in_no_allowed_group_reads_which_one_to_ask_for(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-bob", "bob", "arts")

    page = Browser(hub).sign_in("sub-bob")

    assert page.status_code == 403
    assert "Your account is not allowed here" in text_of(page)
    assert "The account bob may not use Notebooks of tests. Ask an administrator for membership" in text_of(page)
    assert "in the group science." in text_of(page)
    assert hub.api("GET", "users/bob").status_code == 404


@pytest.mark.parametrize("groups", [("students/science",), ("science/physics",), ("Science",), ()])
def test_a_group_counts_with_its_whole_path_alone(hub: RealHub, provider: Standin, groups: tuple[str, ...]) -> None:
    provider.account("sub-carl", "carl", *groups)

    assert Browser(hub).sign_in("sub-carl").status_code == 403


@pytest.mark.parametrize("claim", [None, "science", 7, {"science": True}, [["science"], None, 3]])
def test_a_groups_claim_of_any_shape_is_read_without_a_fault(hub: RealHub, provider: Standin, claim: object) -> None:
    provider.account("sub-cleo", "cleo", groups=claim)

    page = Browser(hub).sign_in("sub-cleo")

    assert page.status_code == (200 if claim == "science" else 403)
    assert "Traceback" not in hub.log.read_text()


def test_administrators_are_the_members_of_the_declared_group_and_only_as_long(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-dora", "dora", "staff/admins")
    Browser(hub).sign_in("sub-dora")
    admin = hub.api("GET", "users/dora").json()["admin"]
    provider.account("sub-dora", "dora", "science", "students/staff/admins", "admins")

    Browser(hub).sign_in("sub-dora")

    assert (admin, hub.api("GET", "users/dora").json()["admin"]) == (True, False)


def test_a_name_that_the_provider_gives_to_another_account_is_refused_until_it_is_released(
    hub: RealHub, provider: Standin
) -> None:
    provider.account("sub-eve-1", "eve", "science")
    assert Browser(hub).sign_in("sub-eve-1").ok
    # The user is deleted here; home and secrets stay, and so does whose they are.
    assert hub.api("DELETE", "users/eve").status_code == 204
    provider.account("sub-eve-2", "eve", "science")
    refused = Browser(hub).sign_in("sub-eve-2")

    assert hub.api("DELETE", "stack/bindings/eve").status_code == 204
    admitted = Browser(hub).sign_in("sub-eve-2")
    former = Browser(hub).sign_in("sub-eve-1")

    assert (refused.status_code, admitted.status_code, former.status_code) == (403, 200, 403)
    assert "This name belongs to another account" in text_of(refused)
    assert "inv auth.release eve" in text_of(refused)


def test_a_name_is_released_by_who_manages_users_alone(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-fred", "fred", "science")
    browser = Browser(hub)
    browser.sign_in("sub-fred")

    assert "fred" in hub.api("GET", "stack/bindings").json()["names"]
    assert hub.api("DELETE", "stack/bindings/fred", token=browser.api_token()).status_code == 403
    assert hub.api("DELETE", "stack/bindings/nobody").status_code == 404


def test_a_released_names_sessions_end(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-gil", "gil", "science")
    browser = Browser(hub)
    browser.sign_in("sub-gil")
    before = browser.signed_in()

    hub.api("DELETE", "stack/bindings/gil")

    assert (before, browser.signed_in()) == (True, False)


ODD = {
    "a slash": "a/b",
    "a leading space": " ada",
    "a trailing space": "ada ",
    "a space": "ada lovelace",
    "a backslash": "a\\b",
    "an encoded slash": "a%2fb",
    "a question mark": "a?b",
    "a hash": "a#b",
    "an emoji": "ada\N{GRINNING FACE}",
    "nothing to see": "ada\N{ZERO WIDTH SPACE}",
    "300 characters": "a" * 300,
    "64 characters": "a" * 64,
    "full width": "\N{FULLWIDTH LATIN SMALL LETTER A}da",
    "an umlaut": "j\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen",
    "an umlaut of two": "ju\N{COMBINING DIAERESIS}rgen",
    "dots": "..",
    "a leading dot": ".ada",
    "a leading dash": "-ada",
    "a line break": "ada\nroot",
    "a trailing line break": "ada\n",
    "markup": "<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_a_name_outside_of_the_pattern_is_nobodys(hub_with_pattern: RealHub, provider: Standin, name: str) -> None:
    provider.account("sub-odd", name, "science")

    page = Browser(hub_with_pattern).sign_in("sub-odd")

    assert (page.status_code, "Your user name cannot be used here" in text_of(page)) == (403, True)
    assert "<script>alert" not in page.text
    assert hub_with_pattern.api("GET", "users").json() == []


@pytest.mark.parametrize("claim", ["", None, 7, ["ada"]])
def test_an_account_without_a_name_is_not_signed_in(hub: RealHub, provider: Standin, claim: object) -> None:
    provider.account("sub-none", "", "science", preferred_username=claim)

    page = Browser(hub).sign_in("sub-none")

    assert (page.status_code, "You are not signed in" in text_of(page)) == (403, True)


def test_what_the_address_says_is_not_repeated_to_the_reader(hub: RealHub) -> None:
    page = Browser(hub).get("/hub/oauth_callback?error=denied&error_description=Call+555-0100+now")

    assert (page.status_code, "You are not signed in" in text_of(page)) == (403, True)
    assert "555-0100" not in page.text


def test_an_answer_that_belongs_to_another_browser_signs_nobody_in(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-hal", "hal", "science")
    first = Browser(hub)
    form = first.get("/hub/oauth_login")
    back = first.session.post(form.url, data={"sub": "sub-hal"}, allow_redirects=False, timeout=30).headers["Location"]

    page = requests.get(back, timeout=30)

    assert (page.status_code, "The sign-in was not finished" in text_of(page)) == (400, True)


def test_the_browser_is_sent_away_with_a_challenge_and_to_the_declared_address(hub: RealHub) -> None:
    sent = Browser(hub).get("/hub/oauth_login", allow_redirects=False, headers={"Host": "evil.example"})

    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"{hub.url}/hub/oauth_callback"]
    assert SECRET not in sent.headers["Location"]


def test_a_sign_out_leads_through_the_provider_with_a_word_about_who_it_is(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-ida", "ida", "science")
    browser = Browser(hub)
    browser.sign_in("sub-ida")

    sent = browser.get("/hub/logout", allow_redirects=False)

    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert sent.headers["Location"].startswith(f"{provider.url}/oauth2/end_session?")
    assert (query["client_id"], query["post_logout_redirect_uri"]) == (["jupyterhub"], [f"{hub.url}/hub/login"])
    assert len(query["id_token_hint"][0].split(".")) == 3
    assert not browser.signed_in()


def test_the_sign_in_page_has_the_platforms_name_and_the_providers(hub: RealHub) -> None:
    page = Browser(hub).get("/hub/login")

    assert "Sign in to Notebooks of tests" in text_of(page)
    assert "Sign in with the tests&#39; provider" in page.text
    assert page.text.count("<h1") == 1


def test_nothing_of_a_sign_in_is_readable_in_log_or_database(hub: RealHub, provider: Standin) -> None:
    provider.account("sub-joan", "joan", "science", email="joan@private.example")
    browser = Browser(hub)
    browser.sign_in("sub-joan")
    hint = browser.get("/hub/logout", allow_redirects=False).headers["Location"]
    token = parse_qs(urlsplit(hint).query)["id_token_hint"][0]

    kept = hub.log.read_bytes() + b"".join(path.read_bytes() for path in (hub.folder / "hub").glob("*.sqlite*"))

    for secret in (token, SECRET, "joan@private.example"):
        assert secret.encode() not in kept
