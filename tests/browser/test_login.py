"""The whole sign-in in a real browser, with a Keycloak that install runs: in, to work, and out again."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Visitor
from tests.e2e.stack import InstalledStack
from tests.keycloakserver import need_distribution

sync_api = pytest.importorskip("playwright.sync_api", reason="nox -s browser installs Playwright")
NEW_PASSWORD = "another-password-for-tests"
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><rect width="90" height="30" fill="#156"/></svg>'
AUTH = {
    "kind": "keycloak",
    "keycloak": {
        "embedded": True,
        "users": [
            {"name": "ada", "groups": ["science", "platform"]},
            {"name": "grace", "groups": ["science"]},
            {"name": "bob", "groups": ["arts"]},
        ],
    },
    "admin_groups": ["platform"],
    "allowed_groups": ["science"],
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    need_distribution()
    folder = tmp_path_factory.mktemp("login")
    (folder / "logo.svg").write_text(LOGO)
    stack = InstalledStack(
        folder,
        auth=AUTH,
        hub={"title": "Science notebooks", "logo": "logo.svg"},
        profiles={
            "minimal": {"enabled": True, "default": True},
            "datascience": {"enabled": False},
            "operations": {"display_name": "Operations", "packages": [], "groups": ["platform"]},
        },
    )
    stack.install()
    yield stack
    stack.remove()


@pytest.fixture
def ada(browser: "sync_api.Browser", stack: InstalledStack) -> Iterator[Visitor]:
    found = Visitor(browser, stack, "ada", (stack.state / "secrets" / "first-password").read_text().strip())
    yield found
    found.context.close()


def test_an_administrator_signs_in_works_and_signs_out_for_good(ada: Visitor) -> None:
    ada.go("/hub/login")
    ada.picture("login-provider")
    assert ada.page.inner_text("h1") == "Sign in to Science notebooks"
    assert ada.page.title() == "Science notebooks"
    assert ada.page.evaluate("document.querySelector('#jupyterhub-logo img, img.jpy-logo').naturalWidth") == 90

    ada.sign_in()
    ada.go("/hub/admin")
    ada.page.wait_for_selector("text=ada")
    assert ada.profiles() == ["minimal", "operations"]
    ada.start()
    ada.sign_out()

    assert ada.is_asked_for_the_password()


def test_a_member_signs_in_with_a_password_for_one_use_and_sees_the_groups_profiles(
    browser: "sync_api.Browser", stack: InstalledStack
) -> None:
    once = stack.inv("auth.password", "grace").stdout.strip()
    grace = Visitor(browser, stack, "grace", once)

    grace.sign_in()
    grace.page.fill("#password-new", NEW_PASSWORD)
    grace.page.fill("#password-confirm", NEW_PASSWORD)
    grace.page.click("[type=submit]")
    grace.page.wait_for_url("**/hub/**")

    assert grace.profiles() == ["minimal"]
    grace.go("/hub/admin")
    assert "403" in grace.page.inner_text("body")


def test_whoever_is_in_no_group_reads_which_one_to_ask_for(browser: "sync_api.Browser", stack: InstalledStack) -> None:
    bob = Visitor(browser, stack, "bob", stack.inv("auth.password", "bob").stdout.strip())

    bob.sign_in()
    bob.page.fill("#password-new", NEW_PASSWORD)
    bob.page.fill("#password-confirm", NEW_PASSWORD)
    bob.page.click("[type=submit]")
    bob.page.wait_for_url("**/hub/**")
    bob.picture("login-not-allowed")

    assert bob.page.inner_text("h1") == "Your account is not allowed here"
    assert "membership in the group science" in bob.page.inner_text("[role=alert]")
    bob.page.keyboard.press("Tab")
    assert bob.page.query_selector("a:text('Sign in again')")
