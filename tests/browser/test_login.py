"""The whole sign-in in a real browser, with a Keycloak that install runs: in, to work, and out again."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import InstalledStack
from tests.keycloakserver import need_distribution

sync_api = pytest.importorskip("playwright.sync_api", reason="nox -s browser installs Playwright")
PICTURES = Path(os.environ.get("BUUNSTACK_ARTIFACTS", "artifacts"))
WAIT_MS = 60_000
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


class Visitor:
    """One person's browser window."""

    def __init__(self, browser: "sync_api.Browser", stack: InstalledStack, name: str, password: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.set_default_timeout(WAIT_MS)
        self.page, self.stack, self.name, self.password = self.context.new_page(), stack, name, password

    def picture(self, what: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{what}.png")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.stack.url}{path}")

    def to_keycloak(self) -> None:
        self.go("/hub/login")
        self.page.click("text=Sign in with Keycloak")
        self.page.wait_for_selector("#kc-login")

    def sign_in(self) -> None:
        self.to_keycloak()
        self.page.fill("#username", self.name)
        self.page.fill("#password", self.password)
        self.page.click("#kc-login")
        self.page.wait_for_load_state()

    def profiles(self) -> list[str]:
        self.go("/hub/spawn")
        return [str(box.get_attribute("value")) for box in self.page.query_selector_all("input[name=profile]")]

    def start(self) -> None:
        self.go("/hub/spawn")
        self.page.click("#spawn_form input[type=submit], #spawn_form button[type=submit]")
        self.page.wait_for_selector("#jp-main-dock-panel .jp-Launcher")


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
    ada.go("/hub/home")
    ada.page.click("text=Logout")
    ada.page.wait_for_selector("text=Sign in with Keycloak")

    ada.page.click("text=Sign in with Keycloak")
    assert ada.page.wait_for_selector("#password"), "Keycloak asks for the password again"


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
    assert grace.page.inner_text("h1")


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
