"""The chart's own configuration and the stack's together, as the hub's pod has them."""

from typing import Any

import pytest

from tests.hub.cluster.chart import HubFolder
from tests.hub.cluster.conftest import probed
from tests.hub.cluster.stacks import RESTRICTED, make_stack, values

GPU = "nvidia.com/gpu"
REQUESTS: dict[str, dict[str, Any]] = {
    "plain": {"user": "carol", "groups": [], "options": {}},
    "gpu": {"user": "alice", "groups": ["science"], "options": {"profile": "gpu-lab"}},
    "after gpu": {"user": "alice", "groups": ["science"], "options": {"profile": "minimal"}},
    "large": {"user": "carol", "groups": [], "options": {"profile": "minimal", "size": "large"}},
    "own image": {
        "user": "carol",
        "groups": [],
        "options": {"image": "unlisted-choice", "image--unlisted-choice": "quay.io/jupyter/scipy:1"},
    },
}


@pytest.fixture(scope="module")
def report(folder: HubFolder) -> dict[str, Any]:
    return probed(folder, list(REQUESTS.values()))


@pytest.fixture(scope="module")
def pods(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: made["pod"]["spec"] for name, made in zip(REQUESTS, report["pods"], strict=True)}


def test_the_hub_runs_the_code_of_its_own_folder(folder: HubFolder, report: dict[str, Any]) -> None:
    assert report["code"] == str(folder.path / "hub" / "settings.py")


def test_services_are_beside_the_charts_culler_which_has_the_stacks_times(report: dict[str, Any]) -> None:
    services = {service["name"]: service for service in report["services"]}

    assert list(services) == ["jupyterhub-idle-culler", "metrics", "admin-service"]
    culler = services["jupyterhub-idle-culler"]["command"]
    assert {"--timeout=10800", "--cull-every=300", "--max-age=345600", "--cull-admin-users=false"} <= set(culler)
    assert services["admin-service"]["api_token"] == "admin_service_token-of-tests"


def test_each_service_has_the_scopes_of_the_one_table(report: dict[str, Any]) -> None:
    scopes = {role["services"][0]: role["scopes"] for role in report["roles"] if role["services"]}

    assert scopes["admin-service"] == ["admin:users", "tokens", "admin:servers"]
    assert scopes["metrics"] == ["read:metrics"]
    assert "delete:servers" in scopes["jupyterhub-idle-culler"]


def test_the_login_is_the_declared_one_and_not_the_charts_default(report: dict[str, Any]) -> None:
    assert report["authenticator"][:2] == ["StackAuthenticator", "DummyAuthenticator"]


def test_what_the_chart_says_to_browsers_and_to_waiting_users_is_kept_apart(report: dict[str, Any]) -> None:
    assert report["tornado"]["cookie_options"] == {"samesite": "Lax"}
    assert report["tornado"]["slow_spawn_timeout"] > 0


def test_a_configuration_that_is_whole_has_no_findings(report: dict[str, Any]) -> None:
    assert report["findings"] == []


def test_the_oldest_charts_configuration_comes_to_the_same(
    report: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    stack = make_stack()
    folder = HubFolder(tmp_path_factory.mktemp("oldest"), stack, values(stack), version="4.2.0")

    oldest = probed(folder, list(REQUESTS.values()))

    assert oldest["findings"] == []
    assert [one["name"] for one in oldest["services"]] == [one["name"] for one in report["services"]]
    assert (oldest["roles"], oldest["authenticator"]) == (report["roles"], report["authenticator"])
    assert [made["pod"]["spec"]["containers"][0]["resources"] for made in oldest["pods"]] == [
        made["pod"]["spec"]["containers"][0]["resources"] for made in report["pods"]
    ]


def test_services_that_are_assigned_are_found_with_the_culler_they_cost(broken: HubFolder) -> None:
    findings = probed(broken, [])["findings"]

    assert len(findings) == 1
    assert findings[0].startswith("service jupyterhub-idle-culler is lost")
    assert "idle servers are never ended" in findings[0]


def test_a_pod_has_the_site_s_and_the_profile_s_environment(pods: dict[str, Any]) -> None:
    environment = {variable["name"]: variable.get("value") for variable in _notebook(pods["plain"])["env"]}

    assert (environment["SITE"], environment["KIND"]) == ("of tests", "small")


def test_a_pod_is_restricted_as_declared(pods: dict[str, Any]) -> None:
    assert _notebook(pods["plain"])["securityContext"].items() >= RESTRICTED.items()
    assert pods["plain"]["securityContext"]["runAsNonRoot"] is True


def test_a_choice_of_a_profile_is_applied(pods: dict[str, Any]) -> None:
    assert _limits(pods["plain"])["memory"] == 2**30
    assert _limits(pods["large"])["memory"] == 4 * 2**30
    assert _notebook(pods["own image"])["image"] == "quay.io/jupyter/scipy:1"


def test_gpus_of_one_start_are_not_in_the_next(pods: dict[str, Any]) -> None:
    assert _limits(pods["gpu"])[GPU] == "1"
    assert pods["gpu"]["nodeSelector"] == {"accelerator": "yes"}
    assert GPU not in _limits(pods["after gpu"])
    assert not pods["after gpu"].get("nodeSelector")


def test_a_shared_folder_is_mounted_for_members_alone(pods: dict[str, Any]) -> None:
    assert _mounts(pods["gpu"]) == {"/shared/data": False, "/handouts": True}
    assert _mounts(pods["plain"]) == {"/handouts": True}


def test_a_claim_is_one_volume_however_many_folders_are_in_it(pods: dict[str, Any]) -> None:
    volumes = [volume for volume in pods["gpu"]["volumes"] if "persistentVolumeClaim" in volume]
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in volumes]

    assert sorted(claims) == ["claim-alice", "lab-shared"]


def test_a_cluster_that_does_not_answer_starts_nobody_with_an_empty_home(folder: HubFolder) -> None:
    (answer,) = probed(folder, [{**REQUESTS["plain"], "home": True}])["pods"]

    assert answer == {"status": 503, "sentence": "The cluster does not say where your home is. Try again in a moment."}


def _notebook(pod: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod["containers"]
    found: dict[str, Any] = container
    return found


def _limits(pod: dict[str, Any]) -> dict[str, Any]:
    limits: dict[str, Any] = _notebook(pod)["resources"]["limits"]
    return limits


def _mounts(pod: dict[str, Any]) -> dict[str, bool]:
    mounts = _notebook(pod)["volumeMounts"]
    return {mount["mountPath"]: mount.get("readOnly", False) for mount in mounts if mount["name"] == "buunstack-shared"}
