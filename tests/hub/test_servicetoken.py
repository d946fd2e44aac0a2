"""The admin service's token is changed in a real hub: nobody is refused meanwhile, and a cut change goes on."""

import threading
from collections.abc import Iterator

import pytest

from apply import servicerotation
from apply.hubapi import HubApi, HubRefused, TokenRefused
from apply.kept import Kept
from apply.servicerotation import FileToken, change
from apply.state import StateDirectory
from spec.errors import StackError
from tests.hub.examples import ENVIRONMENT
from tests.hub.realhub import RealHub

VARIABLE = "BUUNSTACK_ADMIN_SERVICE_TOKEN"
PLACE = "admin-service-token"


class Cut(BaseException):
    """The command is killed here."""


class FragilePlace(FileToken):
    """A place whose command is killed at one of its steps."""

    steps_left = 10**6

    def keep(self, kept: Kept) -> None:
        self._step()
        super().keep(kept)
        self._step()

    def await_arrival(self, token: str) -> None:
        self._step()

    @classmethod
    def _step(cls) -> None:
        cls.steps_left -= 1
        if cls.steps_left < 0:
            raise Cut


class FragileHub(HubApi):
    """A hub whose caller is killed before or after it has asked."""

    def register_service_token(self, token: str) -> None:
        FragilePlace._step()
        super().register_service_token(token)
        FragilePlace._step()

    def acting_with(self, token: str) -> "FragileHub":
        return FragileHub(self._url, token)

    def end_former_service_tokens(self) -> int:
        FragilePlace._step()
        ended = super().end_former_service_tokens()
        FragilePlace._step()
        return ended


@pytest.fixture(scope="module")
def own_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    """A hub that starts with the token of its place, as an installed one does."""
    with RealHub(tmp_path_factory.mktemp("servicetoken") / "state", vault=None, log_level="debug") as hub:
        place(hub).keep(Kept(ENVIRONMENT[VARIABLE]))
        yield hub


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicerotation, "GRACE_SECONDS", 0.05)


def place(hub: RealHub) -> FileToken:
    return FileToken(StateDirectory(hub.folder), PLACE)


def held(hub: RealHub) -> str:
    kept = place(hub).read()
    assert kept
    return kept.token


def api(hub: RealHub) -> HubApi:
    return HubApi(hub.api_url, held(hub), lambda: held(hub))


def restart(hub: RealHub) -> None:
    """As a supervisor or a kubelet does it: with what is in the place now."""
    hub.environment[VARIABLE] = held(hub)
    hub.kill()
    hub.start()


def answers(hub: RealHub, token: str) -> bool:
    return hub.api("GET", "users", token).status_code == 200


def test_a_change_leaves_one_token_that_also_the_next_hub_takes(own_hub: RealHub) -> None:
    former = held(own_hub)

    ended = change(place(own_hub), api(own_hub), lambda _: None)

    assert ended == 1
    assert place(own_hub).read() == Kept(held(own_hub))
    assert (answers(own_hub, former), answers(own_hub, held(own_hub))) == (False, True)
    restart(own_hub)
    assert (answers(own_hub, former), answers(own_hub, held(own_hub))) == (False, True)


def test_a_caller_in_a_tight_loop_is_never_refused(own_hub: RealHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicerotation, "GRACE_SECONDS", 0.5)
    stop, failures, calls = threading.Event(), [], 0
    long_lived = api(own_hub)

    def call() -> None:
        nonlocal calls
        while not stop.is_set():
            calls += 1
            try:
                api(own_hub).names()
                long_lived.names()  # a command that has read the token long ago
            except StackError as error:
                failures.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    try:
        for _ in range(3):
            change(place(own_hub), api(own_hub), lambda _: None)
    finally:
        stop.set()
        caller.join()

    assert failures == []
    assert calls > 10


STEPS, GOES_ON = range(12), range(5, 10)
"""Of a change, and those after which the new token is in its place and the former may live."""


@pytest.mark.parametrize("step", STEPS)
def test_a_change_that_is_killed_at_any_step_goes_on_when_it_is_repeated(own_hub: RealHub, step: int) -> None:
    former, fragile = held(own_hub), FragilePlace(place(own_hub).state, PLACE)
    FragilePlace.steps_left = step
    cut = False
    try:
        change(fragile, FragileHub(own_hub.api_url, former), lambda _: None)
    except Cut:
        cut = True
    finally:
        FragilePlace.steps_left = 10**6

    assert cut == (step < STEPS[-1])
    begun = held(own_hub)
    assert answers(own_hub, begun), "what is in the place is taken at each moment"
    change(place(own_hub), api(own_hub), lambda _: None)

    assert place(own_hub).read() == Kept(held(own_hub))
    assert (held(own_hub) == begun) == (step in GOES_ON), "a token that was in the place already is the one that stays"
    assert (answers(own_hub, former), answers(own_hub, held(own_hub))) == (False, True)


@pytest.mark.parametrize("step", [4, 6])
def test_a_hub_that_restarts_in_the_middle_takes_what_is_in_the_place(own_hub: RealHub, step: int) -> None:
    former, fragile = held(own_hub), FragilePlace(place(own_hub).state, PLACE)
    FragilePlace.steps_left = step
    with pytest.raises(Cut):
        change(fragile, FragileHub(own_hub.api_url, former), lambda _: None)
    FragilePlace.steps_left = 10**6

    restart(own_hub)

    assert answers(own_hub, held(own_hub))
    change(place(own_hub), api(own_hub), lambda _: None)
    assert (answers(own_hub, former), answers(own_hub, held(own_hub))) == (False, True)


def test_nobody_but_the_service_itself_changes_its_tokens(own_hub: RealHub) -> None:
    own_hub.api("POST", "users/admin", held(own_hub))
    of_admin = own_hub.api("POST", "users/admin/tokens", held(own_hub), json={}).json()["token"]
    assert own_hub.api("GET", "users", of_admin).status_code == 200, "an administrator"

    for token in (of_admin, ENVIRONMENT["BUUNSTACK_CULLER_TOKEN"], "nobodys"):
        assert own_hub.api("PUT", "stack/service-token", token, json={"token": "t" * 64}).status_code == 403
        assert own_hub.api("DELETE", "stack/service-token", token).status_code == 403
    assert answers(own_hub, held(own_hub))


@pytest.mark.parametrize("body", ['{"token": "short"}', "sesame-sesame-sesame-sesame-sesame", '["t"]', '{"token": 1}'])
def test_what_is_no_token_is_refused_and_not_logged(own_hub: RealHub, body: str) -> None:
    answer = own_hub.api("PUT", "stack/service-token", held(own_hub), data=body)

    assert answer.status_code == 400
    assert "sesame" not in answer.text + own_hub.log.read_text()


def test_the_token_of_somebody_else_is_not_taken(own_hub: RealHub) -> None:
    with pytest.raises(HubRefused) as refused:
        api(own_hub).register_service_token(_long_token_of_a_user(own_hub))

    assert refused.value.status == 409


def test_a_token_that_the_hub_does_not_know_has_its_own_message(own_hub: RealHub) -> None:
    lost = HubApi(own_hub.api_url, "0" * 64, lambda: "1" * 64)

    for ask in (lost.names, lambda: lost.mint("ada", ["self"], 60, ""), lambda: lost.start_server("ada")):
        with pytest.raises(TokenRefused, match="the hub does not take the token of its admin service"):
            ask()


def test_a_right_that_lacks_is_not_taken_for_an_unknown_token(own_hub: RealHub) -> None:
    culler = HubApi(own_hub.api_url, ENVIRONMENT["BUUNSTACK_CULLER_TOKEN"])

    with pytest.raises(HubRefused) as refused:
        culler.create_user("ada")

    assert refused.value.status == 403


def test_no_token_is_in_the_hubs_log(own_hub: RealHub) -> None:
    assert held(own_hub) not in own_hub.log.read_text()


def _long_token_of_a_user(hub: RealHub) -> str:
    made = hub.api("POST", "users/admin/tokens", held(hub), json={})
    return str(made.json()["token"])
