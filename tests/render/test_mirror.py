"""With a mirror no image comes from anywhere else."""

from typing import Any

import pytest
import yaml

from apply.charts import Chart, cache
from render.mirror import CHART_IMAGES, images, mirrored, with_mirror

MIRROR = "registry.lab.internal:5000/mirror"


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("quay.io/jupyterhub/k8s-hub:4.4.0", "jupyterhub/k8s-hub:4.4.0"),
        ("traefik:v3", "traefik:v3"),
        ("local/hub:latest", "local/hub:latest"),
        ("localhost/team/lab:1", "team/lab:1"),
        ("127.0.0.1:5000/lab:1@sha256:00", "lab:1@sha256:00"),
    ],
)
def test_an_image_keeps_its_path_and_loses_its_registry(image: str, path: str) -> None:
    assert mirrored(image, MIRROR) == f"{MIRROR}/{path}"
    assert mirrored(mirrored(image, MIRROR), MIRROR) == f"{MIRROR}/{path}"


def test_images_of_profiles_and_of_further_containers_are_mirrored_and_placeholders_are_not() -> None:
    values: dict[str, Any] = {
        "hub": {"extraContainers": [{"image": "@[hub.image]"}, {"image": "busybox"}]},
        "singleuser": {"profileList": [{"kubespawner_override": {"image": "quay.io/jupyter/minimal:1"}}]},
    }

    found = images(with_mirror(values, MIRROR))

    assert found == {"@[hub.image]", f"{MIRROR}/busybox", f"{MIRROR}/jupyter/minimal:1"}


def test_a_name_of_the_sites_own_is_mirrored_too() -> None:
    values = with_mirror({"hub": {"image": {"name": "ghcr.io/team/hub", "tag": "1"}}}, MIRROR)

    assert values["hub"]["image"] == {"name": f"{MIRROR}/team/hub", "tag": "1"}
    assert with_mirror({"hub": {}}, None) == {"hub": {}}


@pytest.mark.parametrize("version", ["4.2.0", "4.4.0"])
def test_every_image_of_the_chart_is_known(version: str) -> None:
    file = cache() / f"jupyterhub-{version}.tgz"
    if not file.is_file():
        pytest.skip(f"chart jupyterhub {version} is not in the cache (~/.cache/buunstack/charts)")

    assert dict(_named(yaml.safe_load(Chart(file).read("values.yaml")), ())) == CHART_IMAGES


def _named(node: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    if not isinstance(node, dict):
        return []
    here = [(path, node["name"])] if path and path[-1] == "image" and "name" in node else []
    return here + [found for key, value in node.items() for found in _named(value, (*path, key))]
