"""The whole way in a real browser: sign in, choose a profile, keep a secret in a notebook, sign out."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.browser.chromium import PICTURES, WAIT_MS
from tests.e2e.stack import PASSWORD, InstalledStack

sync_api = pytest.importorskip("playwright.sync_api", reason="nox -s browser installs Playwright")
ATTEMPTS = 3


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    stack = InstalledStack(
        tmp_path_factory.mktemp("browser"),
        hub={"tls": "self-signed"},
        profiles={
            "minimal": {"enabled": True, "default": True},
            "datascience": {"enabled": False},
            "pytorch": {"enabled": True},
        },
    )
    stack.install()
    for name in ("alice", "bob"):
        stack.inv("user.add", name, answer=PASSWORD + "\n")
    yield stack
    stack.remove()


class Visitor:
    """One person's browser window."""

    def __init__(self, browser: "sync_api.Browser", stack: InstalledStack, name: str) -> None:
        # The authority of a self-signed stack is the user's to trust; the API tests check it.
        self.context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
        self.context.set_default_timeout(WAIT_MS)
        self.page, self.stack, self.name = self.context.new_page(), stack, name

    def picture(self, what: str) -> None:
        PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{what}.png")

    def sign_in(self) -> None:
        self.page.goto(f"{self.stack.url}/hub/login")
        self.page.fill("#username_input", self.name)
        self.page.fill("#password_input", PASSWORD)
        self.picture(f"login-{self.name}")
        self.page.click("#login_submit")

    def start(self, profile: str) -> None:
        self.page.goto(f"{self.stack.url}/hub/spawn")
        self.page.check(f"input[name=profile][value={profile}]")
        self.picture(f"profiles-{self.name}")
        self.page.click("#spawn_form input[type=submit], #spawn_form button[type=submit]")
        self.page.wait_for_url("**/lab**")
        self.page.wait_for_selector("#jp-main-dock-panel .jp-Launcher")
        assert not self.page.is_visible("text=official Jupyter news"), "nobody is greeted with a question"
        self.picture(f"lab-{self.name}")

    def focused(self) -> str:
        """The words of what has the focus."""
        return str(self.page.evaluate("document.activeElement.innerText || document.activeElement.id")).strip()

    def tab_to(self, words: str) -> None:
        """Press Tab until it has the focus."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.focused() == words:
                return
        raise AssertionError(f"Tab never comes to {words!r}")

    def go_to(self, words: str) -> None:
        """A link or a button, by keyboard."""
        self.tab_to(words)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def type_into(self, field: str, text: str) -> None:
        self.tab_to(field)
        self.page.keyboard.type(text)

    def run_in_a_notebook(self, code: str) -> str:
        self.page.click(".jp-LauncherCard[data-category=Notebook] >> nth=0")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell .cm-content")
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status=idle]")
        for attempt in range(ATTEMPTS):
            # A page that is still building may take the focus away in the middle of the words.
            self.page.click(".jp-NotebookPanel .jp-Cell >> nth=0 >> .cm-content")
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(code)
            self.page.keyboard.press("Shift+Enter")
            with contextlib.suppress(sync_api.TimeoutError):
                output = self.page.wait_for_selector(".jp-NotebookPanel .jp-OutputArea-output", timeout=20_000)
                self.picture(f"notebook-{self.name}")
                return str(output.inner_text()).strip()
            self.picture(f"no-output-{self.name}-{attempt}")
        raise AssertionError(f"no output after {ATTEMPTS} attempts")


def test_a_user_keeps_a_secret_in_a_notebook_and_nobody_else_reads_it(
    browser: "sync_api.Browser", stack: InstalledStack
) -> None:
    alice, bob = Visitor(browser, stack, "alice"), Visitor(browser, stack, "bob")
    store = "from buunstack import SecretStore\nsecrets = SecretStore()\n"

    alice.sign_in()
    alice.start("minimal")
    kept = alice.run_in_a_notebook(
        store + "secrets.put('api-keys', openai='sk-demo')\nsecrets.get('api-keys', 'openai')"
    )
    bob.sign_in()
    bob.start("minimal")
    stolen = bob.run_in_a_notebook(
        store + "try:\n    print(secrets.get('api-keys'))\nexcept KeyError as error:\n    print(error)"
    )

    assert kept == "'sk-demo'"
    assert "sk-demo" not in stolen
    assert "does not exist" in stolen


def test_a_secret_is_made_shown_and_deleted_with_the_keyboard_alone(
    browser: "sync_api.Browser", stack: InstalledStack
) -> None:
    visitor = Visitor(browser, stack, "bob")
    visitor.sign_in()
    visitor.page.goto(f"{stack.url}/services/secrets/")

    visitor.go_to("New secret")
    visitor.type_into("key", "team/database")
    visitor.type_into("field", "password")
    visitor.type_into("value", "by keyboard")
    visitor.go_to("Save")
    assert "by keyboard" not in visitor.page.inner_text("body")
    visitor.picture("secret-hidden")
    visitor.go_to("Show password")
    assert "by keyboard" in visitor.page.inner_text("main")
    visitor.picture("secret-shown")
    visitor.go_to("Delete this secret")
    assert "deleted" in visitor.page.inner_text("main")


def test_a_profile_without_a_local_meaning_is_shown_with_its_reason(
    browser: "sync_api.Browser", stack: InstalledStack
) -> None:
    visitor = Visitor(browser, stack, "alice")
    visitor.sign_in()
    visitor.page.goto(f"{stack.url}/hub/spawn/alice/second")

    assert visitor.page.is_disabled("input[name=profile][value=pytorch]")
    assert "packages" in visitor.page.inner_text("body")


def test_after_signing_out_the_pages_ask_for_the_password(browser: "sync_api.Browser", stack: InstalledStack) -> None:
    visitor = Visitor(browser, stack, "bob")
    visitor.sign_in()
    visitor.page.goto(f"{stack.url}/hub/home")

    visitor.page.click("#logout")
    visitor.page.goto(f"{stack.url}/user/bob/lab")

    assert visitor.page.wait_for_selector("#password_input")
    visitor.picture("signed-out")
