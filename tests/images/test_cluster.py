"""The whole way on a real cluster: an image is built, proven and pushed, and users work in it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from apply.engine import Engine
from apply.mcpchecks import NAMES
from spec.quantities import megabytes
from tests.e2e.assistant import asked, said, token_of
from tests.e2e.doors import OPENED, Doors
from tests.e2e.stack import Person
from tests.images.conftest import OFF, TAGGED
from tests.images.naming import untag
from tests.images.registry import Registry
from tests.kubernetes.site import IMAGES, Site, chart_values, kept, profile, service_token
from tests.kubernetes.vaultsite import install, no_server, with_deployer
from tests.openbao import OpenBao

pytestmark = pytest.mark.timeout(900)
PROFILE = "buun-stack"
_PULL_SECONDS = 240
"""A node has nothing of the image before the first server."""
_SPARK = """\
from pyspark.sql import SparkSession
session = SparkSession.builder.master("local[2]").getOrCreate()
print("sum:", session.range(1000).groupBy().sum("id").first()[0])
session.stop()
"""
_SECRET = "from buunstack import SecretStore; s = SecretStore(); s.put('db', password='b1rd'); print(s.get('db'))"


@dataclass(frozen=True)
class Pinned:
    """A stack that runs, with the image that it has pushed."""

    site: Site
    reference: str
    digest: str

    @property
    def address(self) -> str:
        return f"{self.reference}@{self.digest}"


def declare(site: Site, registry: Registry, **sections: Any) -> None:
    """Write a stack file with one profile, whose image this stack builds."""
    site.declare(
        profiles={"datascience": {"enabled": False}, PROFILE: {"enabled": True, "default": True}, "lab": profile()},
        mcp={"enabled": True},
        chart_values=chart_values(),
        images={
            "registry": registry.name,
            "tag": "cluster",
            "base": TAGGED,
            "python": "3.11",
            "build_network": "host",
            "groups": OFF | {"spark": True, "mcp": True},
        },
        **sections,
    )


def built_and_pushed(site: Site, *lock: str) -> str:
    """All commands that lead to an image in the registry; its digest."""
    for words in (("images.lock", *lock), ("images.build",), ("images.test",)):
        site.inv(*words)
    (pushed,) = json.loads(site.inv("images.push", "--json").stdout)
    return str(pushed["digest"])


def pushed_file(site: Site) -> Path:
    return site.folder / "stack.images" / "pushed.yaml"


@pytest.fixture(scope="module")
def pinned(
    docker: Engine, registry: Registry, bao: OpenBao, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pinned]:
    """The installed stack, with its users' secrets in a real OpenBao."""
    site = Site(tmp_path_factory.mktemp("cluster"))
    declare(site, registry, vault={"address": bao.address}, ca=str(bao.ca))
    reference = f"{registry.name}/datastack-notebook:cluster"
    try:
        digest = built_and_pushed(site)
        install(site, "ada", without=with_deployer(site, bao))
        yield Pinned(site, reference, digest)
    finally:
        site.remove()
        untag(reference)


@pytest.fixture(scope="module")
def ada(pinned: Pinned) -> Iterator[Person]:
    """A user whose server runs."""
    with pinned.site.reached():
        person = pinned.site.person("ada")
        person.spawn(PROFILE, _PULL_SECONDS)
        yield person
        person.stop()
        no_server(pinned.site)


def test_before_a_push_a_plan_says_that_nothing_pins_the_image(tools: None, registry: Registry, tmp_path: Path) -> None:
    site = Site(tmp_path)
    declare(site, registry)

    notes = site.plan()["notes"]

    assert any(f"{registry.name}/datastack-notebook:cluster was not pushed from here" in note for note in notes)


def test_a_server_starts_from_the_registry_by_digest(pinned: Pinned, ada: Person) -> None:
    (pod,) = pinned.site.objects("pods", selector="component=singleuser-server")
    (container,) = pod["spec"]["containers"]
    (status,) = pod["status"]["containerStatuses"]

    assert container["image"] == pinned.address
    assert status["imageID"].endswith(f"@{pinned.digest}")


def test_a_kernel_keeps_its_users_secrets(bao: OpenBao, ada: Person) -> None:
    assert "'password': 'b1rd'" in ada.run(_SECRET)
    assert bao.ok("GET", "secret/data/jupyter/users/lab.ada/db")["data"]["data"] == {"password": "b1rd"}


def test_a_kernel_calculates_with_spark(ada: Person) -> None:
    assert "sum: 499500" in ada.run(_SPARK, 120)


def test_an_assistant_runs_a_cell_of_a_new_notebook_and_nobody_else_gets_in(pinned: Pinned, ada: Person) -> None:
    token = token_of(ada)
    notebook = {"notebook_name": "answer", "notebook_path": "answer.ipynb", "mode": "create"}
    cell = {"cell_index": -1, "cell_source": "print(6 * 7)"}

    assert said(ada, token, ("use_notebook", notebook), ("insert_execute_code_cell", cell))[1] == "42\n"
    for wrong in (None, "0" * 32):
        assert asked(ada, "tools/call", wrong, name="execute_code", arguments={"code": "1"}).status_code == 403
    assert asked(ada, "tools/list", None, f"?token={token}").status_code == 403
    told = json.loads(pinned.site.inv("mcp.status", "ada", "--json").stdout)
    assert {check["name"]: check["state"] for check in told["checks"]} == dict.fromkeys(NAMES, "ok")
    assert told["url"] == "https://hub.lab.internal/user/ada/mcp"


def test_each_kind_of_token_opens_what_it_should_and_no_more(pinned: Pinned, ada: Person) -> None:
    doors = Doors(pinned.site.url, service_token(pinned.site))
    own_server = ada.run("import os; print(os.environ['JUPYTERHUB_API_TOKEN'])").strip()
    # This token of another user's may not even enter that user's own server, so that none has to start.
    bob = doors.token("bob", scopes=["read:users!user=bob"])
    assert doors.table(own_server, bob) == {**OPENED, "another user's": (404, 403, 403, "hub")}


def test_one_address_starts_a_users_server_and_lists_its_tools(pinned: Pinned, ada: Person) -> None:
    doors = Doors(pinned.site.url, service_token(pinned.site))
    listing = {"jsonrpc": "2.0", "id": 3, "method": "tools/list", "params": {}}

    answer = doors.ask("POST", "/services/mcp", doors.token("cora@example.net"), listing)

    listed = {tool["name"] for tool in answer.json()["result"]["tools"]}
    assert {"use_notebook", "execute_cell", "hub_server_status", "hub_stop_server"} <= listed
    running = json.loads(pinned.site.inv("server.list", "--user", "cora@example.net", "--json").stdout)
    assert [row["state"] for row in running] == ["ready"]
    assert ": tools/list" in pinned.site.inv("logs", "hub", "--lines", "200").stdout
    pinned.site.inv("server.stop", "cora@example.net")


def test_a_server_whose_image_lacks_the_extension_works_and_status_names_the_image(pinned: Pinned, ada: Person) -> None:
    pinned.site.add_user("bob")
    bob = pinned.site.person("bob")
    bob.spawn("lab", 60)

    said_of_bob = pinned.site.inv("mcp.status", "bob", code=1).stderr

    assert f"jupyter-mcp-server is not in its image {IMAGES[2]}" in said_of_bob
    assert f"inv images.extend {IMAGES[2]} --with mcp" in said_of_bob
    assert bob.run("print(6 * 7)") == "42\n"
    bob.stop()


def test_the_list_of_images_counts_the_servers_that_run_the_pinned_one(pinned: Pinned, ada: Person) -> None:
    rows = json.loads(pinned.site.inv("images.list", "--json").stdout)

    (row,) = [row for row in rows if row["used"]]
    assert (row["image"], row["pinned"], row["servers"]) == (pinned.reference, pinned.digest, 1)


def test_a_second_install_changes_nothing(pinned: Pinned) -> None:
    before = kept(pinned.site)

    assert pinned.site.plan()["changes"] == []
    assert pinned.site.inv("install", "--yes").stderr.startswith("nothing changed")
    assert kept(pinned.site) == before


def test_after_a_push_of_a_changed_image_a_plan_shows_that_the_profiles_image_changes(pinned: Pinned) -> None:
    stack, pushed = pinned.site.spec.read_text(), pushed_file(pinned.site).read_text()
    profile = f"singleuser.profileList.[{PROFILE}].kubespawner_override.image"
    changed = yaml.safe_load(stack)
    changed["images"]["packages"] = ["tabulate"]
    pinned.site.spec.write_text(yaml.safe_dump(changed, sort_keys=False))
    try:
        digest = built_and_pushed(pinned.site, "--python-only")

        assert digest != pinned.digest
        changes = {change["what"]: change["details"] for change in pinned.site.plan()["changes"]}
        (release,) = [what for what in changes if what.startswith("release lab ")]
        assert changes.pop(release) == [
            f"singleuser.image.tag: {pinned.digest.removeprefix('sha256:')} -> {digest.removeprefix('sha256:')}",
            f"{profile}: {pinned.address} -> {pinned.reference}@{digest}",
            "hub.extraFiles: 1 of the hub's files differ",
        ]
        # The hub has the list of profiles, and starts anew for it; nothing else is touched.
        assert set(changes) == {"Secret hub", "ConfigMap hub", "Deployment hub"}
        notes = (yaml.safe_load(text)[pinned.reference] for text in (pushed, pushed_file(pinned.site).read_text()))
        was, now = (megabytes(note["size"]) for note in notes)
        told = pinned.site.inv("plan", "--markdown").stdout
        assert f"{pinned.reference} as it was pushed last, from the next start on; {was} -> {now}; each node" in told
    finally:
        pinned.site.spec.write_text(stack)
        pushed_file(pinned.site).write_text(pushed)
    assert pinned.site.plan()["changes"] == []


def test_switched_off_the_endpoint_is_gone_although_the_image_has_the_extension(pinned: Pinned, ada: Person) -> None:
    off = yaml.safe_load(pinned.site.spec.read_text())
    del off["mcp"]
    pinned.site.spec.write_text(yaml.safe_dump(off, sort_keys=False))
    pinned.site.inv("install", "--yes")
    ada.stop()
    no_server(pinned.site)

    ada.spawn(PROFILE, 60)

    assert asked(ada, "tools/list", token_of(ada)).status_code == 404
    assert ada.run("import jupyter_mcp_server; print('installed')").endswith("installed\n")
