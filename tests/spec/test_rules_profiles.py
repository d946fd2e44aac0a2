"""Rules of profiles and GPUs: something to choose, one default, amounts and packages that can be had."""

import pytest

from spec import rules_profiles as rules
from tests.spec.stacks import CLUSTER, LOCAL, Case, place, problem, problems

MINE = "profiles: {mine: {display_name: Mine, MORE}}\n"
NO_GPU = CLUSTER + "gpu: {enabled: false}\n"
CHOICES = MINE.replace("MORE", "image: r/a:1, choices: {size: {big: {display_name: Big, MORE}}}")
DIGEST = "r/a@sha256:" + "0" * 64


def amounts(name: str, guarantee: str, limit: str) -> str:
    return CLUSTER + f"profiles: {{base: {{{name}: {{guarantee: {guarantee}, limit: {limit}}}}}}}\n"


CHOSEN = {
    "two defaults": Case(
        rules.one_default_profile,
        LOCAL + "profiles: {minimal: {enabled: true, default: true}, datascience: {default: true}}\n",
        LOCAL + "profiles: {minimal: {enabled: true, default: true}, datascience: {default: false}}\n",
        (3, 76),
        "there is a default already: minimal",
        "false",
    ),
    "a default that is not offered": Case(
        rules.one_default_profile,
        LOCAL + "profiles: {minimal: {default: true}}\n",
        LOCAL + "profiles: {minimal: {default: true, enabled: true}}\n",
        (3, 31),
        "the default profile is not enabled",
        "enabled: true",
    ),
    "nothing to choose": Case(
        rules.one_default_profile,
        LOCAL + "profiles: {datascience: {enabled: false}}\n",
        LOCAL + "profiles: {datascience: {enabled: true}}\n",
        (3, 11),
        "no profile is enabled, so nobody could start a server",
        "minimal: {enabled: true}",
    ),
    "no name": Case(
        rules.own_profiles_are_complete,
        LOCAL + "profiles: {mine: {packages: []}}\n",
        LOCAL + "profiles: {base: {packages: []}}\n",
        (3, 12),
        "needs a display_name",
        "display_name: ",
    ),
    "no image and no packages": Case(
        rules.own_profiles_are_complete,
        LOCAL + MINE.replace("MORE", "packages: null"),
        LOCAL + MINE.replace("MORE", "packages: []"),
        (3, 12),
        "needs an image, or packages",
        "image: registry.example.net/name:1.0",
    ),
    "no image on a cluster": Case(
        rules.own_profiles_are_complete,
        CLUSTER + MINE.replace("MORE", "packages: []"),
        CLUSTER + MINE.replace("MORE", "image: r/a:1"),
        (4, 12),
        "needs an image",
        "image: registry.example.net/name:1.0",
    ),
}
GPUS = {
    "a profile with a GPU": Case(
        rules.gpu_profiles_need_gpus,
        NO_GPU + "profiles: {pytorch: {enabled: true, gpu: {limit: 1}}}\n",
        NO_GPU + "profiles: {pytorch: {enabled: true, gpu: {limit: 0}}}\n",
        (5, 50),
        "asks for a GPU, and gpu.enabled is false",
        "gpu.enabled: auto, or enabled: false",
    ),
    "a built-in profile with a GPU": Case(
        rules.gpu_profiles_need_gpus,
        NO_GPU + "profiles: {buun-stack-cuda: {enabled: true}}\n",
        NO_GPU + "profiles: {buun-stack-cuda: {enabled: false}}\n",
        (5, 29),
        "asks for a GPU",
        "gpu.enabled: auto",
    ),
    "a choice with a GPU": Case(
        rules.gpu_profiles_need_gpus,
        NO_GPU + CHOICES.replace("MORE}", "gpu: {limit: 1}}"),
        NO_GPU + CHOICES.replace(", MORE}", "}"),
        (5, 75),
        "asks for a GPU",
        "gpu.enabled: auto",
    ),
    "GPUs for all": Case(
        rules.gpu_profiles_need_gpus,
        CLUSTER + "gpu: {enabled: false, all_profiles: true}\n",
        CLUSTER + "gpu: {enabled: true, all_profiles: true}\n",
        (4, 37),
        "asks for GPUs, and gpu.enabled is false",
        "false",
    ),
}
IMAGES = {
    f"the image {image}": Case(
        rules.images_are_pinned,
        CLUSTER + MINE.replace("MORE", f"image: {image}"),
        CLUSTER + MINE.replace("MORE", f"image: {near}"),
        (4, 46),
        "the image has no fixed tag",
        f"{hint}:1.0, or a digest",
    )
    for image, near, hint in (
        ("r/a", "r/a:1", "r/a"),
        ("r/a:latest", "r/a:latest-1", "r/a"),
        ("r:5000/a:main", f"'{DIGEST}'", "r:5000/a"),
        ("a:nightly", "a:2026", "a"),
    )
} | {
    "a base image": Case(
        rules.images_are_pinned,
        CLUSTER + "images: {base: r/a}\n",
        CLUSTER + "images: {base: r/a:1}\n",
        (4, 16),
        "no fixed tag",
        "r/a:1.0",
    ),
    "a base image with CUDA": Case(
        rules.images_are_pinned,
        CLUSTER + "images: {cuda_base: r/a:edge}\n",
        CLUSTER + f"images: {{cuda_base: '{DIGEST}'}}\n",
        (4, 21),
        "no fixed tag",
        "r/a:1.0",
    ),
    "the image of a choice": Case(
        rules.images_are_pinned,
        CLUSTER + CHOICES.replace("MORE}", "image: r/b:stable}"),
        CLUSTER + CHOICES.replace("MORE}", "image: r/b:2}"),
        (4, 102),
        "no fixed tag",
        "r/b:1.0",
    ),
}
AMOUNTS = {
    "memory across units": Case(
        rules.amounts_fit,
        amounts("memory", "1Gi", "1023Mi"),
        amounts("memory", "1Gi", "1024Mi"),
        (4, 39),
        "1Gi is more than the limit 1023Mi",
        "1023Mi",
    ),
    "memory of tens and of twos": Case(
        rules.amounts_fit, amounts("memory", "1Ki", "1k"), amounts("memory", "1k", "1Ki"), (4, 39), "1Ki is more", "1k"
    ),
    "cores": Case(
        rules.amounts_fit, amounts("cpu", "1001m", "1"), amounts("cpu", "1000m", "1"), (4, 36), "1001m is more", "1"
    ),
    "parts of a core": Case(
        rules.amounts_fit, amounts("cpu", "0.6", "500m"), amounts("cpu", "0.5", "500m"), (4, 36), "0.6 is more", "500m"
    ),
}
REQUIREMENTS = {
    f"the package {wrong}": Case(
        rules.packages_are_requirements,
        LOCAL + MINE.replace("MORE", f"packages: ['{wrong}']"),
        LOCAL + MINE.replace("MORE", f"packages: ['{right}']"),
        (3, 50),
        "is not a package with versions",
        "pandas>=2,<3",
    )
    for wrong, right in (
        ("--index-url=x", "index-url"),
        ("pandas=2", "pandas==2"),
        ("pandas @ https://x.y/z", "pandas[all] >= 2, < 3"),
        ("../mine", "mine"),
        ("pandas>=2,", "pandas>=2,!=2.1.*"),
        ("a b", 'a ; python_version > "3"'),
        ("pandas-", " pandas "),
    )
}
CASES = CHOSEN | GPUS | IMAGES | AMOUNTS | REQUIREMENTS


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_refuses_what_it_is_for_and_not_its_nearest_neighbour(case: Case) -> None:
    case.check()


def test_every_default_after_the_first_is_named() -> None:
    text = "profiles:\n" + "".join(
        f"  {slug}: {{enabled: true, default: true}}\n" for slug in ("base", "minimal", "pyspark")
    )

    assert [place(one) for one in problems(LOCAL + text)] == [(5, 37), (6, 37)]


def test_amounts_of_one_side_only_fit() -> None:
    text = "profiles: {base: {cpu: {guarantee: 9}, memory: {limit: 1Mi}}}\n"

    assert problems(CLUSTER + text) == []


def test_an_own_profile_without_anything_says_all_it_needs() -> None:
    assert len(problems(LOCAL + "profiles: {mine: {}}\n")) == 2


def test_an_image_is_all_that_helps_on_a_cluster() -> None:
    assert problem(CLUSTER + MINE.replace(", MORE", "")).message.endswith(" needs an image")


def test_a_built_in_gpu_is_said_of_the_profile_that_the_file_names() -> None:
    assert problem(NO_GPU + "profiles: {buun-stack-cuda: {enabled: true}}\n").path == "profiles.buun-stack-cuda"


def test_gpus_are_fine_where_nobody_switched_them_off() -> None:
    text = CHOICES.replace("MORE}", "gpu: {limit: 1}}")

    assert problems(CLUSTER + text) == problems(CLUSTER + "gpu: {enabled: auto}\n" + text) == []


def test_a_choice_without_gpus_takes_those_of_its_profile() -> None:
    text = CHOICES.replace(", MORE", "").replace("image: r/a:1", "image: r/a:1, gpu: {limit: 1}")

    assert [one.path for one in problems(NO_GPU + text)] == [
        "profiles.mine.gpu.limit",
        "profiles.mine.choices.size.big",
    ]


@pytest.mark.timeout(10)
def test_a_long_package_is_refused_at_once() -> None:
    text = f"profiles: {{mine: {{display_name: M, packages: ['{'a-' * 140}=']}}}}\n"

    assert place(problem(LOCAL + text)) == (3, 47)
