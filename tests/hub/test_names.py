"""Names of users as path segments and aliases."""

import random
import re
import unicodedata

import pytest

from hub.names import alias, fits, home, segment, unsegment
from tests.hub.nasty import NAMES


def _made_up(count: int) -> list[str]:
    chance = random.Random(20261124)
    pieces = [*"aAzZ09._-@=+*/{}\"' %#?\\\0\n", "é", "K", "ß", "İ", "\u212a", "🦊", "..", "=2e"]
    return ["".join(chance.choices(pieces, k=chance.randint(1, 12))) for _ in range(count)]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_comes_back_from_its_segment(name: str) -> None:
    assert unsegment(segment(name)) == name


def test_made_up_names_come_back_and_never_share_a_segment() -> None:
    names = {*_made_up(20_000), *NAMES}

    assert all(unsegment(segment(name)) == name for name in names)
    assert len({segment(name) for name in names}) == len(names)


def test_no_segment_holds_what_vault_or_a_path_would_read_as_something_else() -> None:
    for name in [*_made_up(20_000), *NAMES]:
        assert re.fullmatch(r"[a-z0-9_@=-][a-z0-9._@=-]*", segment(name))


def test_no_two_segments_differ_by_case_alone() -> None:
    segments = {segment(name) for name in [*_made_up(20_000), *NAMES]}

    assert len({text.casefold() for text in segments}) == len(segments)


@pytest.mark.parametrize("name", ["alice", "a.b", "alice_2", "alice-b@x.org"])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert segment(name) == name


@pytest.mark.parametrize("text", ["Alice", "a+b", "=61", "=6", "=zz", "=C3=A9", "=ff", ".a", "a/b", "=c3", "é", "=2E"])
def test_what_no_name_encodes_to_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the segment"):
        unsegment(text)


def test_half_a_character_has_no_segment() -> None:
    with pytest.raises(ValueError):
        segment("\ud800")


def test_nobody_has_no_alias() -> None:
    with pytest.raises(ValueError, match="without a name"):
        alias("jupyterhub", "")


def test_a_home_is_named_after_the_alias_as_the_policy_does_it() -> None:
    assert alias("jupyterhub", "Zoë") == "jupyterhub.=5ao=c3=ab"
    assert home("jupyter", "jupyterhub", "Zoë") == "jupyter/users/jupyterhub.=5ao=c3=ab"


@pytest.mark.parametrize("name", ["", "a\nb", "a\0b", "\ud800", "\u202eecila", "x" * 129, "ö" * 40])
def test_a_name_that_is_invisible_or_too_long_does_not_fit(name: str) -> None:
    assert not fits(name)


@pytest.mark.parametrize("name", ["alice", "al ice", "böb", "+", "*", 'x" {}', "x" * 128])
def test_an_odd_but_visible_name_fits(name: str) -> None:
    assert fits(name)


def test_a_name_of_which_unicode_has_two_forms_fits_in_one_of_them() -> None:
    name = "j\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen"

    assert [fits(unicodedata.normalize(form, name)) for form in ("NFC", "NFD")] == [True, False]
