"""Whose a name is: the account that had it first, also when its provider moves to another address."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from hub.oidc.binding import Bindings, make_table

HERE, ELSEWHERE = "https://auth.lab.internal/realms/a", "https://sso.lab.internal/realms/a"
UNIQUE = "2a6c1a52-9f3b-4c55-a7de-6a1f0a2b9d11"


@pytest.fixture
def bindings() -> Iterator[Bindings]:
    engine = create_engine("sqlite://")
    with Session(engine) as db:
        make_table(db)
        yield Bindings(db)
    engine.dispose()


def test_a_name_is_the_first_accounts_until_it_is_released(bindings: Bindings) -> None:
    assert bindings.bind("ada", HERE, "7", "s1")
    assert bindings.bind("ada", HERE, "7", "s2")
    assert not bindings.bind("ada", HERE, "8", "s3")

    assert (bindings.release("ada"), bindings.release("ada")) == (True, False)
    assert bindings.bind("ada", HERE, "8", "s3")


def test_a_number_is_an_account_of_its_provider_alone(bindings: Bindings) -> None:
    bindings.bind("ada", HERE, "7", "s1")

    assert not bindings.admits("ada", ELSEWHERE, "7")
    assert bindings.names_of(ELSEWHERE, "7", "") == []


def test_a_provider_that_moves_keeps_its_accounts(bindings: Bindings) -> None:
    bindings.bind("ada", HERE, UNIQUE, "s1")

    assert bindings.admits("ada", ELSEWHERE, UNIQUE)
    assert not bindings.admits("ada", ELSEWHERE, UNIQUE.replace("2", "3"))
    assert bindings.names_of(ELSEWHERE, UNIQUE, "") == ["ada"]


def test_a_sign_in_finds_its_name_at_its_own_provider(bindings: Bindings) -> None:
    bindings.bind("ada", HERE, UNIQUE, "s1")

    assert bindings.names_of(HERE, "", "s1") == ["ada"]
    assert bindings.names_of(ELSEWHERE, "", "s1") == []
    assert bindings.names_of(HERE, "", "s2") == []
