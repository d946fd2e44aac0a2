"""Rules of images: names that installers take as names, addresses, checksums, no secrets in histories."""

import pytest

from spec import rules_images as rules
from tests.spec.stacks import CLUSTER, Case, problems

SUM = "0" * 128
MIRROR = "spark_download_url: 'https://m.lab.internal/s'"


def case(rule: object, wrong: str, right: str, column: int, message: str, hint: str) -> Case:
    """Of one line `images: {…}`."""
    return Case(rule, f"{CLUSTER}images: {{{wrong}}}\n", f"{CLUSTER}images: {{{right}}}\n", (4, column), message, hint)  # type: ignore[arg-type]


NAMES = rules.image_packages_are_names
ASSISTANTS = f"{CLUSTER}mcp: {{enabled: true}}\nprofiles: {{buun-stack: {{enabled: true}}}}\n"
CASES = {
    "an image without the tools that its servers are to have": Case(
        rules.servers_that_are_tools_are_built_as_such,
        f"{ASSISTANTS}images: {{groups: {{mcp: false}}}}\n",
        f"{ASSISTANTS}images: {{groups: {{mcp: true}}}}\n",
        (6, 24),
        "datastack-notebook would be built without what mcp.enabled asks for",
        "mcp: true, or mcp: {enabled: false}",
    ),
    "an option as a Python package": case(
        NAMES, "packages: ['-e .']", "packages: [a]", 21, "is not a Python pa", "xarray"
    ),
    "an address as a Python package": case(
        NAMES, "packages: ['a @ https://x']", "packages: ['a>1']", 21, "is not a", "xa"
    ),
    "an option as a Debian package": case(
        NAMES, "apt: [--force]", "apt: [g++]", 16, "is not the name of a Deb", "graphviz"
    ),
    "a conda package without version": case(
        NAMES, "conda: [r-base]", "conda: [r-base=4.4.3]", 18, "with its ver", "r-base="
    ),
    "a conda package with a range": case(
        NAMES, "conda: ['r>=4']", "conda: ['c::r=4=h1_0']", 18, "is not a conda", "r-base="
    ),
    "two images of one name": case(
        rules.images_have_names_of_their_own,
        "name: a, cuda_name: a",
        "name: a, cuda_name: b",
        30,
        "other image's",
        "another",
    ),
    "a custom image with a name of ours": case(
        rules.images_have_names_of_their_own,
        "custom: {datastack-notebook: {context: a}}",
        "custom: {mine: {context: a}}",
        19,
        "is the name of an image of the platform",
        "another name",
    ),
    "a registry with a scheme": case(
        rules.registries_are_places,
        "registry: 'https://r.lab'",
        "registry: 'r.lab:5000/team'",
        20,
        "not a registry",
        "reg",
    ),
    "a mirror with a scheme": case(
        rules.registries_are_places,
        "mirror: 'https://r.lab'",
        "mirror: 'r.lab:5000/mirror'",
        18,
        "not a registry",
        "reg",
    ),
    "an archive without a checksum": case(
        rules.spark_from_a_mirror_is_checked,
        MIRROR,
        f"{MIRROR}, spark_sha512: '{SUM}'",
        30,
        "without a checksum",
        "spark_sh",
    ),
    "a checksum without an archive": case(
        rules.spark_from_a_mirror_is_checked, f"spark_sha512: '{SUM}'", "tag: a", 24, "without an archive", "remove it"
    ),
    "an archive without Spark": case(
        rules.spark_from_a_mirror_is_checked,
        f"{MIRROR}, spark_sha512: '{SUM}', groups: {{spark: false}}",
        f"{MIRROR}, spark_sha512: '{SUM}'",
        30,
        "switches Spark off",
        "remove it",
    ),
    "a secret as a build argument": case(
        rules.build_arguments_are_no_secrets,
        "build_args: {PIP_PASSWORD: a}",
        "build_args: {PIP_TIMEOUT: a}",
        23,
        "stays readable in the image",
        "images.secrets",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_at_its_place_and_its_neighbour_is_not(name: str) -> None:
    CASES[name].check()


def test_a_profile_may_name_an_image_that_the_stack_builds() -> None:
    mine = "images: {custom: {geo: {context: a}}}\nprofiles: {mine: {display_name: M, image: geo}}\n"

    assert problems(CLUSTER + mine) == []
