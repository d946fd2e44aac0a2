"""What of a profile is open, to whom, whichever way it is asked for."""

from pathlib import Path
from typing import Any

import pytest

from tests.hub.cluster.chart import HubFolder
from tests.hub.cluster.conftest import probed
from tests.hub.cluster.stacks import make_stack, values


def _asked(groups: list[str], **options: Any) -> dict[str, Any]:
    return {"user": "carol", "groups": groups, "options": options}


def _unlisted(name: str, text: str) -> dict[str, Any]:
    return _asked([], **{f"{name}--unlisted-choice": text})


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "another group's profile": (
        _asked(["others"], profile="gpu-lab"),
        403,
        "Profile 'gpu-lab' is for other groups of users. Choose one of: minimal, other-lab.",
    ),
    "a profile that is not there": (_asked([], profile="lost"), 400, "There is no profile 'lost' any more"),
    "a profile that is no text": (_asked([], profile=["minimal"]), 400, "There is no profile ['minimal']"),
    "an option that is not there": (
        _asked([], node_selector="x"),
        400,
        "Unknown option 'node_selector': profile 'minimal' has image, size.",
    ),
    "an option of another profile": (
        _asked(["science"], profile="gpu-lab", size="large"),
        400,
        "Unknown option 'size': profile 'gpu-lab' has no options.",
    ),
    "a choice that is not there": (
        _asked([], size="huge"),
        400,
        "There is no choice 'huge' of 'size'. Choose one of: ",
    ),
    "a choice that is no text": (_asked([], size={"mem_limit": "1T"}), 400, "Option 'size' must be a text."),
    "a text where only choices are": (
        _unlisted("size", "64G"),
        400,
        "Option 'size' takes only what is listed: large, small.",
    ),
    "an unlisted choice without its text": (
        _asked([], image="unlisted-choice"),
        400,
        "There is no choice 'unlisted-choice' of 'image'.",
    ),
    "a text that fits no more at its end": (_unlisted("image", "quay.io/jupyter/scipy:1; evil"), 400, "'quay.io"),
    "a text of another place": (_unlisted("image", "evil.example/x:1"), 400, "'evil.example/x:1' does not fit"),
}
"""Case -> request, status, how the sentence begins."""


@pytest.fixture(scope="module")
def answers(folder: HubFolder) -> dict[str, dict[str, Any]]:
    requests = {case: request for case, (request, _, _) in REFUSED.items()}
    requests["an empty field"] = _unlisted("image", "")
    return dict(zip(requests, probed(folder, list(requests.values()))["pods"], strict=True))


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_open_is_refused_with_a_sentence(case: str, answers: dict[str, dict[str, Any]]) -> None:
    _, status, sentence = REFUSED[case]

    assert answers[case]["status"] == status
    assert answers[case]["sentence"].startswith(sentence)


def test_an_empty_field_of_the_form_is_no_choice(answers: dict[str, dict[str, Any]]) -> None:
    assert "pod" in answers["an empty field"]


def test_a_user_to_whom_nothing_is_open_gets_no_server_with_the_default_image(tmp_path: Path) -> None:
    stack = make_stack()
    given = values(stack)
    given["singleuser"]["profileList"] = [one for one in given["singleuser"]["profileList"] if one["slug"] != "minimal"]
    folder = HubFolder(tmp_path, stack, given)

    nobody, others = probed(folder, [_asked([]), _asked(["others"])])["pods"]

    assert nobody["status"] == 403
    assert nobody["sentence"].startswith("No profile is open to you here")
    assert "pod" in others, "the first profile that is open is the default"
