"""What notebook servers get to be tools of assistants, and what they get not to be."""

import json

from render.artifacts import render
from render.environments import environments
from render.found import Found
from spec.load import parse
from spec.model import Stack
from tests.spec.stacks import CLUSTER, make_stack

PROFILES = {"minimal": {"enabled": True}, "base": {"enabled": True}, "datascience": {"enabled": True}}
VAULT = "vault: {enabled: false}\n"


def cluster(more: str) -> Stack:
    return parse(f"{CLUSTER}{VAULT}{more}\n", "f")[0]


def singleuser(more: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(render(cluster(more), Found())["jupyterhub.json"])["singleuser"]
    return found


def mounted(made: dict[str, object]) -> dict[str, str]:
    """Path of a server's file on a cluster -> text."""
    return {file["mountPath"]: file["stringData"] for file in made["extraFiles"].values()}  # type: ignore[attr-defined]


def test_profiles_without_packages_share_one_environment_with_the_extension_and_none_is_made_without_it() -> None:
    assert [name.rpartition("-")[0] for name in environments(make_stack(profiles=PROFILES))] == ["datascience"]

    made = environments(make_stack(profiles=PROFILES, mcp={"enabled": True}))

    assert [name.rpartition("-")[0] for name in made] == ["datascience", "notebook"]
    assert all("jupyter-mcp-server==2.2.4" in wanted for wanted in made.values())


def test_what_is_installed_is_what_the_images_are_locked_to_unless_another_version_is_asked_for() -> None:
    (tested,) = environments(make_stack(mcp={"enabled": True}, profiles={"datascience": {"packages": []}})).values()
    (other,) = environments(
        make_stack(mcp={"enabled": True, "version": "2.2.3"}, profiles={"datascience": {"packages": []}})
    ).values()

    assert {"mcp", "pycrdt", "jupyter-collaboration"} <= {pin.partition("==")[0] for pin in tested if "==" in pin}
    assert {"jupyter-mcp-server==2.2.3", "jupyter-collaboration"} <= set(other)


def test_a_server_of_a_stack_without_assistants_is_told_so_whatever_its_image_has() -> None:
    for text in (
        mounted(singleuser(""))["/etc/buunstack/jupyter/jupyter_server_config.d/buunstack-mcp.json"],
        render(make_stack())["notebook/jupyter_server_config.d/buunstack-mcp.json"],
    ):
        extensions = json.loads(text)["ServerApp"]["jpserver_extensions"]
        assert extensions == {"jupyter_mcp_server": False, "jupyter_mcp_tools": False}


def test_a_list_of_tools_waits_a_second_for_a_browser_and_not_five() -> None:
    for text in (
        mounted(singleuser("mcp: {enabled: true}"))["/etc/buunstack/jupyter/jupyter_jupyter_mcp_server_config.json"],
        render(make_stack(mcp={"enabled": True}))["notebook/jupyter_jupyter_mcp_server_config.json"],
    ):
        assert json.loads(text) == {"JupyterMCPServerExtensionApp": {"jupyter_mcp_tools_timeout": 1}}


def test_a_server_asks_the_hub_again_for_a_token_after_half_a_minute() -> None:
    for text in (
        mounted(singleuser(""))["/etc/buunstack/jupyter/jupyter_server_config.json"],
        render(make_stack(mcp={"enabled": True}))["notebook/jupyter_server_config.json"],
    ):
        assert json.loads(text) == {"HubOAuth": {"cache_max_age": 30}}


def test_the_sites_own_folders_of_settings_stay_behind_the_stacks() -> None:
    profile = "lab: {display_name: Lab, image: 'r/a:1', environment: {JUPYTER_CONFIG_PATH: /mine, A: b}}"
    made = singleuser(f"notebook: {{environment: {{JUPYTER_CONFIG_PATH: /site}}}}\nprofiles: {{{profile}}}")

    assert made["extraEnv"]["JUPYTER_CONFIG_PATH"] == "/etc/buunstack/jupyter:/site"  # type: ignore[index]
    (own,) = [one for one in made["profileList"] if one["slug"] == "lab"]  # type: ignore[attr-defined]
    assert own["kubespawner_override"]["environment"] == {
        "JUPYTER_CONFIG_PATH": "/etc/buunstack/jupyter:/mine",
        "A": "b",
    }


def test_a_token_in_an_address_is_refused_whatever_a_site_or_a_profile_says_elsewhere() -> None:
    loose = "environment: {JUPYTERHUB_ALLOW_TOKEN_IN_URL: '1'}"
    profile = f"lab: {{display_name: Lab, image: 'r/a:1', {loose}}}"
    made = singleuser(f"notebook: {{{loose}}}\nmcp: {{enabled: true}}\nprofiles: {{{profile}}}")

    assert made["extraEnv"]["JUPYTERHUB_ALLOW_TOKEN_IN_URL"] == "0"  # type: ignore[index]
    assert all("environment" not in one["kubespawner_override"] for one in made["profileList"])  # type: ignore[attr-defined]
    allowed = singleuser("mcp: {enabled: true, allow_token_in_url: true}")
    assert allowed["extraEnv"]["JUPYTERHUB_ALLOW_TOKEN_IN_URL"] == "1"  # type: ignore[index]
