"""Installing again: nothing when nothing changed, and only what must restart when something did."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import PASSWORD, InstalledStack, Person, eventually


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    """A stack that these tests may change."""
    own = InstalledStack(tmp_path_factory.mktemp("own"))
    own.install()
    yield own
    own.remove()


def snapshot(folder: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns
        for name in ("conf", "site", "secrets", "tls")
        for path in (folder / name).rglob("*")
    }


def pids(stack: InstalledStack) -> dict[str, int]:
    return {name: part["pid"] for name, part in stack.status()["parts"].items()}


def test_a_second_install_changes_nothing_and_says_so(own: InstalledStack) -> None:
    files, processes = snapshot(own.state), pids(own)

    done = own.inv("install")

    assert "nothing changed" in done.stderr
    assert done.stdout.strip() == own.url + "/"
    assert (snapshot(own.state), pids(own)) == (files, processes)
    assert own.inv("plan", "--check").stdout == "nothing to change\n"


def test_a_changed_profile_restarts_the_hub_alone_and_servers_go_on(own: InstalledStack) -> None:
    dave = own.person("dave")
    dave.spawn()
    server = json.loads(next((own.state / "run" / "servers").glob("dave*.json")).read_text())["pid"]
    before = pids(own)
    renamed = {"enabled": True, "default": True, "display_name": "Renamed"}
    own.declare(profiles={"minimal": renamed, "datascience": {"enabled": False}})

    changes = json.loads(own.inv("plan", "--json").stdout)["changes"]
    assert [change["what"] for change in changes if change["action"] == "restart"] == ["part hub"]
    assert not [change["what"] for change in changes if change["action"] == "build"]
    assert own.inv("plan", "--check", code=3).stdout.count("Renamed") >= 1
    own.install()

    after = pids(own)
    assert {name for name in before if before[name] != after[name]} == {"hub"}
    os.kill(server, 0)
    assert dave.run("print(6 * 7)") == "42\n"
    assert "Renamed" in own.person("erin").get("/hub/spawn").text


def test_a_changed_token_cap_is_written_to_vault_without_a_restart_of_it(own: InstalledStack) -> None:
    before = pids(own)
    own.declare(vault={"user_token": {"ttl": "1h", "max_ttl": "11h"}})

    done = own.inv("install", "--yes")

    assert "secret policies" in done.stderr
    assert pids(own)["vault"] == before["vault"]


def test_an_idle_server_is_culled(own: InstalledStack) -> None:
    frank = own.person("frank")
    own.declare(culling={"idle_timeout": "3s", "every": "1s"})
    own.install()
    frank.spawn()

    eventually(
        lambda: {"user": "frank", "server": ""} not in own.status()["servers"],
        "frank's server to be culled",
        40,
    )


def test_users_are_added_listed_and_removed(own: InstalledStack) -> None:
    assert "gina" not in own.inv("user.list").stdout
    gina = own.person("gina")
    assert gina.get("/hub/home").status_code == 200
    assert "gina" in own.inv("user.list").stdout

    own.inv("user.passwd", "gina", answer="another-password-for-tests\n")
    assert "Invalid username or password" in Person(own, "gina", PASSWORD).answer.text
    assert own.inv("user.remove", "gina", code=1).stderr.count("--yes")
    own.inv("user.remove", "gina", "--yes")

    assert "gina" not in own.inv("user.list").stdout
    assert "Invalid username or password" in Person(own, "gina", "another-password-for-tests").answer.text


def test_sign_up_is_closed(own: InstalledStack) -> None:
    import requests

    answer = requests.get(f"{own.url}/hub/signup", timeout=10)

    assert answer.status_code == 404


def test_a_profile_with_packages_is_an_environment_of_its_own(own: InstalledStack) -> None:
    own.environment["UV_OFFLINE"] = "1"
    own.declare(
        profiles={
            "minimal": {"enabled": True, "default": True},
            "datascience": {"enabled": False},
            "small": {"display_name": "Small", "packages": ["six"], "image": "quay.io/example/small:1"},
        }
    )
    own.install()
    henry = own.person("henry")
    henry.spawn("small")

    printed = henry.run("import sys; from buunstack import SecretStore; print(sys.prefix, SecretStore().list())")

    assert str(own.state / "profiles" / "small-") in printed
    assert "[]" in printed


def test_uninstall_keeps_homes_accounts_and_secrets_and_install_brings_them_back(own: InstalledStack) -> None:
    own.declare()
    own.install()
    iris = own.person("iris")
    iris.spawn()
    iris.run(
        "open('work.txt', 'w').write('kept'); from buunstack import SecretStore; SecretStore().put('k', a='kept too')"
    )

    done = own.inv("uninstall")

    assert str(own.state) in done.stderr
    assert (own.state / "homes" / "iris" / "work.txt").read_text() == "kept"
    assert own.inv("status", code=1).stderr.startswith("no stack is installed")
    own.install()
    again = Person(own, "iris", PASSWORD)
    again.spawn()
    assert (
        again.run("from buunstack import SecretStore; print(open('work.txt').read(), SecretStore().get('k', 'a'))")
        == "kept kept too\n"
    )
