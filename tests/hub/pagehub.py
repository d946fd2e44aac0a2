"""A real hub with the page for one's secrets beside it, and a user's browser."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from tests.hub.realhub import RealHub, eventually
from tests.hub.vaultside import VaultSide
from tests.openbao import free_port

ROOT = Path(__file__).parent.parent.parent
TOKEN = "page-token-of-tests-only"
PREFIX = "/services/secrets/"


class PageHub(RealHub):
    """A hub with the page beside it."""

    def __init__(self, folder: Path, vault: VaultSide, **settings: Any) -> None:
        self.vault, self.page_url = vault, f"http://127.0.0.1:{free_port()}"
        os.environ["BUUNSTACK_PAGE_TOKEN"] = TOKEN
        page = {"url": self.page_url, "token_variable": "BUUNSTACK_PAGE_TOKEN", "command": [], "environment": {}}
        super().__init__(folder, vault={**vault.settings, **settings}, page=page)
        self.page_log = folder / "page.log"

    def start(self) -> None:
        super().start()
        if "page" not in self._processes:
            self.start_page()

    def start_page(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "VAULT_ADDR": self.vault.bao.address,
            "VAULT_CACERT": str(self.vault.bao.ca),
            "SECRETS_TITLE": "Tests",
            "JUPYTERHUB_API_TOKEN": TOKEN,
            "JUPYTERHUB_API_URL": self.api_url,
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_HOST": "",
            "JUPYTERHUB_CLIENT_ID": "service-secrets",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": '["access:services!service=secrets"]',
            "JUPYTERHUB_SERVICE_NAME": "secrets",
            "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
            "JUPYTERHUB_SERVICE_URL": self.page_url,
        }
        with self.page_log.open("ab") as log:
            self._processes["page"] = subprocess.Popen(
                [sys.executable, "-m", "hub.secretspage"], env=environment, stdout=log, stderr=log
            )
        eventually(self._page_answers, "the page answers", 20)

    def _page_answers(self) -> bool:
        try:
            return requests.get(f"{self.page_url}{PREFIX}static/page.css", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False


class Browser:
    """A user who has signed in at the hub."""

    def __init__(self, hub: PageHub, user: str) -> None:
        self.hub, self.user = hub, user
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Connection"] = "close"
        page = self.session.get(f"{hub.url}/hub/login", timeout=20)
        xsrf = self.session.cookies.get("_xsrf", path="/hub/")
        sent = {"username": user, "password": "any", "_xsrf": xsrf}
        answer = self.session.post(f"{hub.url}/hub/login", data=sent, headers={"Referer": page.url}, timeout=20)
        assert answer.status_code == 200, answer.text

    def get(self, path: str = "", **query: Any) -> requests.Response:
        where = f"{self.hub.url}{PREFIX}{path}" + (f"?{urlencode(query)}" if query else "")
        return self.session.get(where, timeout=20)

    def post(self, path: str, **sent: Any) -> requests.Response:
        """Send the form as a browser does, with the token of a page."""
        found = re.search(r'name="_xsrf" value="([^"]+)"', self.get("new").text)
        assert found
        return self.session.post(f"{self.hub.url}{PREFIX}{path}", data={"_xsrf": found[1], **sent}, timeout=20)

    def texts(self, page: requests.Response) -> str:
        """What is written on it."""
        return html.unescape(re.sub(r"<[^>]+>", " ", page.text))
