"""No upgrade gives a user a new, empty home, or anybody's else; against a real cluster with the real KubeSpawner."""

import pytest

from apply.kube import Kube
from hub.refusal import NotStarted
from tests.cluster.claims import Homes

NAMES = {
    "alice": "claim-alice",
    "user@example.com": "claim-user-40example-2ecom",
    "a+b": "claim-a-2bb",
    "Alice": "claim--41lice",
}
"""User -> the claim of KubeSpawner 6 and earlier, as z2jh 3 named it."""


@pytest.fixture
def homes(kube: Kube, namespace: str) -> Homes:
    return Homes(kube, namespace)


def test_a_new_user_gets_a_claim_by_todays_rules(homes: Homes) -> None:
    homes.leave("claim-bob", "bob")

    assert homes.of("alice") == "claim-alice"
    assert homes.of("user@example.com").startswith("claim-user-example-com---")


@pytest.mark.parametrize("user", NAMES)
def test_a_home_named_by_an_earlier_kubespawner_is_found(user: str, homes: Homes) -> None:
    for name, claim in NAMES.items():
        homes.leave(claim, name)

    assert homes.of(user) == NAMES[user]


def test_a_home_of_another_template_is_found(homes: Homes) -> None:
    homes.leave("home-of-alice-in-the-old-lab", "alice")

    assert homes.of("alice") == "home-of-alice-in-the-old-lab"


def test_a_state_of_kubespawner_6_leads_to_the_same_home(homes: Homes) -> None:
    homes.leave("claim-user-40example-2ecom", "user@example.com")
    state = {"pod_name": "jupyter-user-40example-2ecom"}

    assert homes.of("user@example.com", state=state) == "claim-user-40example-2ecom"


def test_a_remembered_claim_that_is_gone_does_not_hide_the_one_there_is(homes: Homes) -> None:
    homes.leave("claim-restored-for-alice", "alice")

    assert homes.of("alice", state={"pvc_name": "claim-lost", "kubespawner_version": "7.0.0"}) == (
        "claim-restored-for-alice"
    )


def test_a_remembered_claim_is_kept_whatever_the_template_says_now(homes: Homes) -> None:
    homes.leave("claim-of-old", "alice")
    homes.leave("claim-alice", "alice")

    assert homes.of("alice", state={"pvc_name": "claim-of-old", "kubespawner_version": "7.0.0"}) == "claim-of-old"


def test_several_homes_are_named_and_none_is_guessed(homes: Homes) -> None:
    homes.leave("home-2", "alice")
    homes.leave("home-1", "alice")

    with pytest.raises(NotStarted) as refused:
        homes.of("alice")
    assert refused.value.status_code == 409
    assert "home-1, home-2" in refused.value.jupyterhub_message


def test_names_that_fold_into_one_do_not_share_a_home(homes: Homes) -> None:
    homes.leave("claim-a-2bb", "a+b")

    with pytest.raises(NotStarted) as refused:
        homes.of("a-2bb")
    assert refused.value.status_code == 409
    assert "'a+b'" in refused.value.jupyterhub_message


def test_a_claim_that_names_nobody_is_whose_it_is_called_after(homes: Homes) -> None:
    homes.leave("claim-alice", None)
    homes.leave("claim-made-by-hand", None)

    assert homes.of("alice") == "claim-alice"


def test_what_one_named_server_has_for_itself_is_not_the_home(homes: Homes) -> None:
    homes.leave("claim-alice--gpu", "alice", "gpu")

    assert homes.of("alice") == "claim-alice"


def test_a_home_that_a_named_server_was_the_first_to_use_is_the_home(homes: Homes) -> None:
    homes.leave("claim-a-2bb", "a+b", "gpu")

    assert homes.of("a+b") == homes.of("a+b", "other") == "claim-a-2bb"


def test_where_each_server_has_a_claim_it_finds_its_own(homes: Homes) -> None:
    homes.leave("old-home", "a+b")
    homes.leave("old-gpu", "a+b", "gpu")

    assert homes.of("a+b", template="claim-{user_server}") == "old-home"
    assert homes.of("a+b", "gpu", template="claim-{user_server}") == "old-gpu"


def test_a_home_on_its_way_out_is_not_taken(homes: Homes) -> None:
    homes.leave("home-of-alice", "alice", held=True)
    homes.remove("home-of-alice")

    try:
        assert homes.of("alice") == "claim-alice"
    finally:
        homes.let_go("home-of-alice")
