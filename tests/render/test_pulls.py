"""Which images nodes pull anew, how big they are, and where nothing is said of a size."""

from typing import Any

import pytest
import yaml

from render.pulls import Pull, pulls
from spec.load import parse
from spec.model import Stack
from spec.pushed import Declared, Pushed

ONE, TWO = (Pushed(f"sha256:{sign * 64}", sign, size) for sign, size in (("1", 400_000), ("2", 2_490_000_000)))
ADDRESS = "r.lab.internal/datastack-notebook:t1"
OFF = {"datascience": {"enabled": False}}
PROVIDER = {"issuer": "https://sso.lab.internal", "client_id": "lab", "client_secret": "env:OIDC_SECRET"}
OTHER = "quay.io/lab/other:1"


def stack(profiles: dict[str, Any] | None = None, kind: str = "kubernetes", **images: Any) -> Stack:
    """One that starts its own image, unless profiles say otherwise."""
    content = {
        "version": 1,
        "target": {"kind": kind},
        "vault": {"enabled": False},
        "profiles": OFF | (profiles or {"buun-stack": {"enabled": True}}),
        "images": {"registry": "r.lab.internal", "tag": "t1", **images},
    }
    if kind == "kubernetes":
        content |= {"hub": {"host": "hub.lab.internal"}, "auth": {"kind": "oidc", "oidc": PROVIDER}}
    return parse(yaml.safe_dump(content), "stack.yaml")[0]


def pulled(before: Declared, after: Declared) -> Pull:
    (found,) = pulls(before, after)
    return found


def pushed(entry: Pushed | None) -> Declared:
    return Declared(stack(), {ADDRESS: entry} if entry else {})


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            ONE,
            TWO,
            "as it was pushed last, from the next start on; 0.4 MB -> 2.49 GB; each node pulls up to 2.49 GB",
        ),
        (None, TWO, "as it was pushed last, from the next start on; size unknown -> 2.49 GB; each node pulls up to"),
        (Pushed("sha256:0", "0"), TWO, "size unknown -> 2.49 GB"),
        (ONE, Pushed("sha256:0", "0"), "0.4 MB -> size unknown: not noted by its push; each node pulls it again"),
        (ONE, None, "by its tag, no longer by a digest, from the next start on; 0.4 MB -> size unknown: no push of it"),
        (ONE, Pushed(ONE.digest, "1", 500_000), "0.4 MB -> 0.5 MB"),
    ],
)
def test_another_push_under_the_same_address_is_told(before: Pushed | None, after: Pushed | None, words: str) -> None:
    found = pulled(pushed(before), pushed(after))

    assert f"buun-stack: {ADDRESS} " in found.effect.words
    assert words in found.effect.words
    assert (found.effect.weight, found.effect.keys) == ("notice", ("pushed.yaml",))


@pytest.mark.parametrize(("before", "after"), [(ONE, ONE), (None, None), (Pushed(ONE.digest, "1"), ONE)])
def test_the_same_image_is_not_pulled_again(before: Pushed | None, after: Pushed | None) -> None:
    assert pulls(pushed(before), pushed(after)) == []


def test_what_an_earlier_version_kept_tells_no_image_from_another() -> None:
    kept = Declared(stack())

    assert pulls(kept, pushed(TWO)) == []
    assert "size unknown -> 2.49 GB" in pulled(Declared(stack(tag="t0")), pushed(TWO)).effect.words


def test_another_tag_is_one_thing_for_all_profiles_that_start_it() -> None:
    profiles = {"buun-stack": {"enabled": True, "groups": ["b"]}, "mine": {"image": "datastack-notebook"}}
    profiles["mine"]["groups"], profiles["mine"]["display_name"] = ["a"], "Mine"

    found = pulled(Declared(stack(profiles, tag="t0"), {}), Declared(stack(profiles), {ADDRESS: ONE}))

    assert (found.profiles, found.who, found.keys) == (("buun-stack", "mine"), "groups a, b", ("images.tag",))
    assert ":t0 -> r.lab.internal/datastack-notebook:t1 from the next start on; size unknown -> 0.4 MB" in (
        found.effect.words
    )


def test_whoever_may_start_a_profile_without_groups_is_everybody() -> None:
    profiles = {"buun-stack": {"enabled": True, "groups": ["b"]}, "mine": {"image": "datastack-notebook"}}
    profiles["mine"]["display_name"] = "Mine"

    assert pulled(Declared(stack(profiles), {}), Declared(stack(profiles), {ADDRESS: ONE})).who == "everybody"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (OTHER, "size unknown: pushed elsewhere"),
        ("datastack-cuda-notebook", "size unknown: no push of it is noted"),
        (f"mirror.internal/x:1@{TWO.digest}", "size unknown -> 2.49 GB; each node pulls up to 2.49 GB first"),
    ],
)
def test_a_profile_that_starts_another_image_has_its_size_or_why_it_is_not_known(image: str, words: str) -> None:
    mine = {"display_name": "Mine", "image": "quay.io/lab/mine:1"}
    before, after = stack({"mine": mine}), stack({"mine": mine | {"image": image}})

    found = pulled(Declared(before, {}), Declared(after, {ADDRESS: TWO}))

    assert words in found.effect.words
    assert found.keys == ("profiles.mine.image",)


def test_a_choice_inside_a_profile_starts_an_image_too() -> None:
    def with_choice(**image: str) -> Declared:
        choices = {"kind": {"other": {"display_name": "Other", **image}}}
        return Declared(stack({"buun-stack": {"enabled": True, "choices": choices}}), {ADDRESS: ONE})

    found = pulled(with_choice(), with_choice(image=OTHER))

    assert found.keys == ("profiles.buun-stack.choices.kind.other.image",)
    assert f"buun-stack: {ADDRESS} -> {OTHER}" in found.effect.words
    assert pulls(with_choice(image=OTHER), with_choice(image=OTHER)) == []


def test_a_profile_that_is_off_or_new_pulls_nothing_anew() -> None:
    off = {"buun-stack": {"enabled": False}, "minimal": {"enabled": True}}

    assert pulls(Declared(stack(off), {ADDRESS: ONE}), Declared(stack(off), {ADDRESS: TWO})) == []
    assert pulls(Declared(stack(off), {}), pushed(TWO)) == []


def test_one_machine_starts_no_images() -> None:
    before, after = (stack({"minimal": {"enabled": True, "image": f"r/a:{tag}"}}, "local") for tag in (1, 2))

    assert pulls(Declared(before, {}), Declared(after, {})) == []
