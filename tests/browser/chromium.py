"""A real Chromium, headless, and somebody in front of it who signs in with Keycloak."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import Commands

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PICTURES = Path(os.environ.get("BUUNSTACK_ARTIFACTS", "artifacts"))
WAIT_MS = 60_000


@contextlib.contextmanager
def chromium(*options: str) -> Iterator[Any]:
    """The browser, with further options of its command line."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="nox -s browser and e2e install Playwright")
    assert CHROMIUM, "Debian's package chromium is needed"
    quiet = [
        "--disable-gpu",
        "--disable-quic",
        # A pod's new interface ends HTTP/2's connections and what is under way on them; HTTP/1.1 asks again.
        "--disable-http2",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-sync",
        "--disable-component-update",
    ]
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*quiet, *sandbox, *options])
        yield browser
        browser.close()


class Visitor:
    """One person's browser window. The authority of a tests' stack is not asked for: the API tests check it."""

    def __init__(self, browser: Any, stack: Commands, name: str, password: str) -> None:
        self.context = browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800})
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

    def sign_out(self) -> None:
        self.go("/hub/home")
        self.page.click("text=Logout")
        self.page.wait_for_selector("text=Sign in with Keycloak")

    def is_asked_for_the_password(self) -> bool:
        self.page.click("text=Sign in with Keycloak")
        return self.page.wait_for_selector("#password") is not None
