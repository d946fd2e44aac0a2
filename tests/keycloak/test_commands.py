"""`inv auth.*` as they are typed: results, codes, and no secret anywhere."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from apply.keycloak import Keycloak, service_account
from apply.keycloakbootstrap import bootstrap
from apply.keycloakreading import client_of, user_of
from apply.keycloakrights import NEEDED
from spec.errors import StackError
from tests.keycloak.lab import INSTALLER, Lab, quiet

ROOT = Path(__file__).parent.parent.parent
USERS = "[{name: ada, groups: [admins]}]"
HUB_SECRET = "the-hubs-own-secret-0123456789"


@dataclass
class Site:
    """A stack file in a folder, and the commands on it."""

    lab: Lab
    folder: Path

    def write(self, manage: str, **more: str) -> None:
        text = self.lab.text(manage, client_secret="env:HUB_SECRET", **more)
        (self.folder / "stack.yaml").write_text(text)

    def inv(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an administrator would; nothing of it may hold a secret."""
        admin = {
            "KEYCLOAK_ADMIN_CLIENT_ID": self.lab.server.admin_client,
            "KEYCLOAK_ADMIN_CLIENT_SECRET": self.lab.server.admin_secret,
        }
        command = [sys.executable, "-m", "invoke", *words, "--spec", str(self.folder / "stack.yaml")]
        env = os.environ | admin | {"HUB_SECRET": HUB_SECRET, "KUBECONFIG": "/nowhere"} | environment
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        told = done.stdout + done.stderr
        assert "Traceback" not in told
        assert not [secret for secret in self.secrets() if secret in told]
        return done

    def secrets(self) -> list[str]:
        kept = self.folder / "installer.secret"
        installer = [kept.read_text().strip()] if kept.exists() else []
        return [HUB_SECRET, self.lab.server.admin_secret, *installer]

    def installer(self) -> Keycloak:
        secret = (self.folder / "installer.secret").read_text().strip()
        return Keycloak(self.lab.server.address, self.lab.realm, service_account(INSTALLER, secret))


@pytest.fixture
def site(lab: Lab, tmp_path: Path) -> Site:
    return Site(lab, tmp_path)


def test_bootstrap_makes_the_account_once_and_keeps_its_secret(site: Site) -> None:
    site.write("groups")

    first, kept = site.inv("auth.bootstrap"), (site.folder / "installer.secret").read_text()
    second = site.inv("auth.bootstrap")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "+ create account buunstack-installer" in first.stdout
    assert second.stdout == ""
    assert (site.folder / "installer.secret").read_text() == kept
    assert (site.folder / "installer.secret").stat().st_mode & 0o777 == 0o600
    assert site.installer().roles() == set(NEEDED["groups"]["apply"])


def test_bootstrap_takes_away_what_is_too_much(site: Site) -> None:
    site.write("realm")
    site.inv("auth.bootstrap")
    assert site.installer().roles() == set(NEEDED["realm"]["apply"])
    site.write("client")

    done = site.inv("auth.bootstrap")

    assert "- manage-realm" in done.stdout
    assert site.installer().roles() == set(NEEDED["client"]["apply"])


def test_bootstrap_repairs_an_account_that_was_changed_by_hand(site: Site) -> None:
    site.write("client")
    site.inv("auth.bootstrap")
    live = client_of(site.lab.admin, site.lab.realm, INSTALLER)
    assert live is not None
    changed = {"publicClient": True, "serviceAccountsEnabled": False, "directAccessGrantsEnabled": True}
    site.lab.admin.put(f"{site.lab.realm}/clients/{live['id']}", live | changed)

    done = site.inv("auth.bootstrap")

    assert "directAccessGrantsEnabled: true -> false" in done.stdout
    assert site.installer().roles() == set(NEEDED["client"]["apply"])


def test_bootstrap_makes_the_realm_that_the_stack_owns(site: Site) -> None:
    realm = f"{site.lab.realm}-new"
    creator = make_realm_creator(site.lab)
    declared = site.lab.declared("realm") | {"realm": realm}
    try:
        bootstrap(creator, declared, INSTALLER, "a-secret", NEEDED["realm"]["apply"], quiet)
        installer = Keycloak(site.lab.server.address, realm, service_account(INSTALLER, "a-secret"))

        assert installer.roles() == set(NEEDED["realm"]["apply"])
        with pytest.raises(StackError, match="AUTH120"):
            creator.post(f"{site.lab.realm}/groups", {"name": "admins"})
    finally:
        site.lab.server.remove_realm(realm)


def make_realm_creator(lab: Lab) -> Keycloak:
    """A service account of master that may make realms and nothing else."""
    name = f"creator-{lab.realm}"
    body = {"clientId": name, "secret": name, "serviceAccountsEnabled": True, "standardFlowEnabled": False}
    lab.admin.post("master/clients", body)
    client = client_of(lab.admin, "master", name)
    assert client is not None
    user = lab.admin.get(f"master/clients/{client['id']}/service-account-user")
    lab.admin.post(f"master/users/{user['id']}/role-mappings/realm", [lab.admin.get("master/roles/create-realm")])
    return Keycloak(lab.server.address, "master", service_account(name, name))


def test_bootstrap_without_a_credential_or_a_place_says_what_to_set(site: Site) -> None:
    site.write("client")
    nobody = {"KEYCLOAK_ADMIN_CLIENT_ID": "", "KEYCLOAK_ADMIN_CLIENT_SECRET": ""}

    without = site.inv("auth.bootstrap", **nobody)
    wrong = site.inv("auth.bootstrap", KEYCLOAK_ADMIN_CLIENT_SECRET="not-it")
    (site.folder / "stack.yaml").write_text(site.lab.text("client", admin_secret="env:NOBODY_SET_IT"))
    nowhere = site.inv("auth.bootstrap")

    assert "KEYCLOAK_ADMIN_USER" in without.stderr
    assert "AUTH122" in wrong.stderr
    assert "auth.keycloak.admin_secret: env:NOBODY_SET_IT is not set" in nowhere.stderr
    assert [without.returncode, wrong.returncode, nowhere.returncode] == [1, 1, 1]


def test_apply_checks_writes_and_then_has_nothing_to_do(site: Site) -> None:
    site.write("realm", users=USERS)
    site.inv("auth.bootstrap")

    check = site.inv("auth.apply", "--check")
    made = site.inv("auth.apply", "--json")
    again = site.inv("auth.apply", "--check")

    assert (check.returncode, made.returncode, again.returncode) == (3, 0, 0), made.stderr
    assert "+ create client jupyterhub" in check.stdout
    assert {change["what"] for change in json.loads(made.stdout)["changes"]} >= {"client jupyterhub", "user ada"}
    assert "nothing changed" in again.stderr
    assert site.lab.client()["secret"] == HUB_SECRET


def test_apply_without_the_installers_secret_names_the_field(site: Site) -> None:
    site.write("client")

    done = site.inv("auth.apply")

    assert done.returncode == 1
    assert "auth.keycloak.admin_secret (file:installer.secret) leads to no secret" in done.stderr


def test_show_marks_what_differs_and_never_shows_the_secret(site: Site) -> None:
    site.write("client")
    site.inv("auth.bootstrap")
    missing = site.inv("auth.show")
    site.inv("auth.apply")
    site.lab.change_client(redirectUris=["*"])

    shown, listed = site.inv("auth.show"), json.loads(site.inv("auth.show", "--json").stdout)

    assert "AUTH110" in missing.stderr
    marked = [line for line in shown.stdout.splitlines() if "declared: " in line]
    assert [line.split()[0] for line in marked] == ["redirectUris"]
    assert [field["field"] for field in listed["fields"] if field["differs"]] == ["redirectUris"]


def test_a_new_password_is_printed_once_and_has_to_be_changed(site: Site) -> None:
    site.write("realm", users=USERS)
    site.inv("auth.bootstrap")
    site.inv("auth.apply")

    done, unknown = site.inv("auth.password", "ada"), site.inv("auth.password", "nobody")

    ada = user_of(site.lab.admin, site.lab.realm, "ada")
    assert ada is not None
    assert ada["requiredActions"] == ["UPDATE_PASSWORD"]
    assert len(done.stdout.strip()) >= 20
    assert done.stdout.strip() not in done.stderr
    assert "has no user nobody" in unknown.stderr


def test_passwords_of_somebody_elses_realm_are_left_alone(site: Site) -> None:
    site.write("groups")
    site.inv("auth.bootstrap")

    done = site.inv("auth.password", "ada")

    assert done.returncode == 1
    assert "are not the stack's (auth.keycloak.manage)" in done.stderr
