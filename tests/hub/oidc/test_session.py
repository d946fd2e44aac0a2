"""What is kept of a sign-in, and of those before it in other browsers."""

from dataclasses import replace

import pytest

from hub.oidc.session import Session, groups_in

FIRST = Session(
    issuer="https://auth.lab.internal",
    subject="sub-ada",
    name="ada",
    groups=["science"],
    access_token="a1",
    access_ends=1000.0,
    refresh_token="r1",
    id_token=None,
    sid="s1",
    checked=900.0,
)


def test_it_comes_back_as_it_was_kept_and_anything_else_is_none() -> None:
    assert Session.kept(FIRST.auth_state()) == FIRST
    for other in (None, {}, {"session": None}, {"session": {"issuer": "x"}}, {"oauth_user": {}}):
        assert Session.kept(other) is None


def test_the_sign_in_of_a_hub_before_this_one_is_read_and_asked_about_before_it_counts() -> None:
    state = {
        "access_token": "a1",
        "refresh_token": "r1",
        "oauth_user": {"sub": "sub-ada", "preferred_username": "ada"},
        "token_response": {"session_state": "s1"},
    }

    found = Session.of_base(state, FIRST.issuer, "ada")

    assert found is not None
    assert (found.subject, found.refresh_token, found.sid, found.checked) == ("sub-ada", "r1", "s1", 0.0)
    assert not found.lasts(0.0)
    for other in (None, {}, {"oauth_user": {}}, {"oauth_user": {"sub": 1}, "access_token": "a"}):
        assert Session.of_base(other, FIRST.issuer, "ada") is None


def test_no_token_of_it_is_printed() -> None:
    shown = repr(replace(FIRST, access_token="secret-a", refresh_token="secret-r", others={"s0": "secret-e"}))

    assert "secret" not in shown


def test_a_sign_in_in_another_browser_keeps_the_one_before_for_the_sign_out() -> None:
    second = replace(FIRST, sid="s2", refresh_token="r2").after(FIRST)
    third = replace(FIRST, sid="s3", refresh_token="r3").after(second)

    assert sorted(third.refresh_tokens()) == ["r1", "r2", "r3"]


def test_the_same_browser_or_another_account_leaves_nothing_behind() -> None:
    assert replace(FIRST, refresh_token="r2").after(FIRST).refresh_tokens() == ["r2"]
    assert replace(FIRST, sid="s2", subject="sub-other").after(FIRST).refresh_tokens() == ["r1"]
    assert FIRST.after(None).refresh_tokens() == ["r1"]


def test_nine_sign_ins_are_remembered_and_no_more() -> None:
    kept = FIRST
    for number in range(2, 30):
        kept = replace(FIRST, sid=f"s{number}", refresh_token=f"r{number}").after(kept)

    assert sorted(kept.refresh_tokens()) == sorted(f"r{number}" for number in range(29, 20, -1))


@pytest.mark.parametrize(("now", "lasts"), [(989.0, True), (990.0, False), (1000.0, False)])
def test_a_token_near_its_end_counts_as_ended(now: float, lasts: bool) -> None:
    assert FIRST.lasts(now) is lasts


def test_groups_are_paths_without_slashes_around_them_and_nothing_odd() -> None:
    told = {"groups": ["/science", "/ml/vision", "science/", "", "/", "a\nb", "x" * 256, 7, None]}

    assert groups_in(told, "groups") == ["ml/vision", "science"]
    assert groups_in(told, None) == []
    assert groups_in({}, "groups") == []
