"""The profiles users see: what is built in, what the file changes, and which one is chosen for them."""

from spec.load import parse
from spec.profiles import BUILT_IN, EffectiveProfile, effective_profiles
from tests.spec.stacks import CLUSTER, LOCAL


def seen(text: str, where: str = LOCAL) -> dict[str, EffectiveProfile]:
    return {profile.slug: profile for profile in effective_profiles(parse(where + text, "f")[0])}


def default(text: str) -> list[str]:
    return [profile.slug for profile in seen(text).values() if profile.default]


def test_built_in_profiles_come_first_and_own_ones_in_the_order_of_the_file() -> None:
    text = "profiles: {zeta: {display_name: Z, packages: []}, base: {}, alpha: {display_name: A, packages: []}}\n"

    assert list(seen(text)) == [*BUILT_IN, "zeta", "alpha"]


def test_without_a_word_data_science_alone_is_offered_and_chosen() -> None:
    assert [profile.slug for profile in seen("").values() if profile.enabled] == ["datascience"]
    assert default("") == ["datascience"]


def test_an_own_profile_is_offered_unless_it_says_otherwise() -> None:
    text = "profiles: {a: {display_name: A, packages: []}, b: {display_name: B, packages: [], enabled: false}}\n"

    assert seen(text)["a"].enabled
    assert not seen(text)["b"].enabled


def test_the_first_one_offered_is_chosen_unless_another_one_says_so() -> None:
    assert default("profiles: {minimal: {enabled: true}}\n") == ["minimal"]
    assert default("profiles: {minimal: {enabled: true}, datascience: {default: true}}\n") == ["datascience"]


def test_what_a_built_in_profile_leaves_out_keeps_the_built_in_value() -> None:
    plain, changed = seen("")["datascience"], seen("profiles: {datascience: {display_name: Ours}}\n")["datascience"]

    assert (changed.display_name, plain.display_name) == ("Ours", "Data Science")
    assert (changed.image, changed.description, changed.packages) == (plain.image, plain.description, plain.packages)


def test_empty_values_are_values() -> None:
    changed = seen("profiles: {datascience: {description: '', packages: []}}\n")["datascience"]

    assert (changed.description, changed.packages) == ("", ())


def test_an_image_of_ones_own_has_no_packages_and_one_of_packages_no_image() -> None:
    text = "profiles: {a: {display_name: A, image: 'r/a:1'}, b: {display_name: B, packages: [x]}}\n"

    assert (seen(text)["a"].image, seen(text)["a"].packages) == ("r/a:1", None)
    assert (seen(text)["b"].image, seen(text)["b"].packages) == ("", ("x",))


def test_images_we_build_carry_the_registry_and_tag_of_the_file() -> None:
    found = seen("images: {registry: 'r.lab.internal:5000', tag: t1}\n", CLUSTER)

    assert found["buun-stack"].image == "r.lab.internal:5000/datastack-notebook:t1"
    assert found["minimal"].image == seen("")["minimal"].image


def test_the_built_in_profile_with_gpus_gets_as_many_as_the_file_says() -> None:
    assert seen("", CLUSTER)["buun-stack-cuda"].gpu.limit == 1
    assert seen("gpu: {limit: 4}\n", CLUSTER)["buun-stack-cuda"].gpu.limit == 4
    assert seen("profiles: {buun-stack-cuda: {gpu: {limit: 2}}}\n", CLUSTER)["buun-stack-cuda"].gpu.limit == 2
    assert seen("gpu: {limit: 4}\n", CLUSTER)["buun-stack"].gpu.limit == 0


def test_each_built_in_image_has_a_fixed_tag_or_is_built_here() -> None:
    images = [profile.image for profile in seen("").values()]

    assert all(image.rpartition(":")[2] not in ("", "latest") and "/" in image for image in images)
