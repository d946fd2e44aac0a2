"""The proof of an image: all checks are made and told, the container goes in any case, a changed image is unproven."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from apply import imageproof, imagesecrets
from apply.engine import Engine, EngineError
from apply.imagefacts import Home, ImageFacts
from apply.imageproof import ABSENT, FAILED, OK, Check
from apply.proofcontainer import home
from render.imagelabels import BASE_LAYERS, PARTS
from spec.errors import FaultsFound, StackError
from spec.images import reference
from tests.apply.imagearchives import diff_id, old_layout, pieces
from tests.spec.stacks import make_stack

LAYERS: Sequence[Mapping[str, bytes]] = ({"etc/os-release": b"ID=debian\n", "root/.netrc": b"x"}, {"opt/a": b"b"})
FACTS = ImageFacts(
    id="ab" * 32,
    labels={BASE_LAYERS: "1"},
    digests=(),
    size=1,
    user="1000",
    environment=("HOME=/home/jovyan",),
    layers=tuple(diff_id(layer) for layer in LAYERS),
)


class StandIn(Engine):
    """An engine with one image whose checks say what a test wants."""

    def __init__(self, facts: ImageFacts | None = FACTS, **answers: str | BaseException) -> None:
        self.command = "docker"
        self.facts = facts
        self.answers = answers
        self.running: set[str] = set()
        self.asked: list[str] = []

    def image(self, name: str) -> ImageFacts | None:
        return self.facts

    def start(self, image: str, command: Sequence[str], **options: object) -> str:
        self.running.add(str(options["name"]))
        if isinstance(failure := self.answers.get("engine"), BaseException):
            raise failure
        return "id"

    def execute(self, container: str, command: Sequence[str], **options: object) -> tuple[bool, str]:
        check = command[-1]
        self.asked.append(check)
        answer = self.answers.get(check, OK)
        if isinstance(answer, BaseException):
            raise answer
        return True, "noise\n" + json.dumps({"state": answer, "words": check}) if answer in (
            OK,
            FAILED,
            ABSENT,
        ) else answer

    def logs(self, container: str) -> str:
        return "first\nlast words"

    def remove(self, container: str) -> None:
        self.running.discard(container)

    def save(self, image: str) -> Iterator[bytes]:
        return pieces(old_layout(LAYERS))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def silent(_: str) -> None:
    """Nobody listens."""


def prove(engine: Engine, secrets: Sequence[bytes] = ()) -> dict[str, Check]:
    return {check.name: check for check in imageproof.prove(engine, "mine", secrets, silent)}


def test_all_checks_are_made_in_their_order_and_the_image_is_proven() -> None:
    checks = imageproof.prove(StandIn(), "mine", [], silent)

    assert [check.name for check in checks] == list(imageproof.NAMES)
    assert {check.state for check in checks} == {OK}
    assert imageproof.proven(FACTS.id)
    assert imageproof.proven(f"sha256:{FACTS.id}")


def test_a_failed_check_leaves_the_image_unproven_and_the_later_ones_are_made_all_the_same() -> None:
    checks = prove(StandIn(start=FAILED, kernel=FAILED))

    assert [name for name, check in checks.items() if check.state == FAILED] == ["start", "kernel"]
    assert "last words" in checks["start"].words
    assert not imageproof.proven(FACTS.id)
    assert not imageproof._record(FACTS.id).exists()


def test_a_changed_image_is_unproven() -> None:
    prove(StandIn())

    assert not imageproof.proven("cd" * 32)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:20],
        lambda text: "[]",
        lambda text: text.replace('"mcp"', '"other"'),
        lambda text: text.replace('"ok"', '"failed"', 1),
        lambda text: text.replace("abab", "cdcd"),
    ],
)
def test_a_record_that_is_damaged_or_of_other_checks_proves_nothing(damage: Callable[[str], str]) -> None:
    prove(StandIn())
    file = imageproof._record(FACTS.id)
    file.write_text(damage(file.read_text()))

    assert not imageproof.proven(FACTS.id)


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), EngineError("gone"), RuntimeError()])
@pytest.mark.parametrize("where", ["engine", "kernel"])
def test_the_container_is_removed_whatever_happens(failure: BaseException, where: str) -> None:
    engine = StandIn(**{where: failure})

    if isinstance(failure, EngineError):
        assert prove(engine)["layers"].state == OK
    else:
        with pytest.raises(type(failure)):
            prove(engine)

    assert engine.running == set()
    assert not imageproof.proven(FACTS.id)


def test_a_container_that_does_not_start_fails_each_check_inside_and_none_outside() -> None:
    checks = prove(StandIn(engine=EngineError("no such program")))

    assert checks["start"].words == "no such program"
    assert {name for name, check in checks.items() if check.state == OK} == {"user", "layers"}


def test_an_answer_that_is_none_is_a_failure() -> None:
    assert prove(StandIn(mcp="Killed"))["mcp"] == Check("mcp", FAILED, "the check could not be made: Killed")


@pytest.mark.parametrize("user", ["", "0", "root", "0:0", "root:users"])
def test_an_image_of_root_fails(user: str) -> None:
    assert prove(StandIn(replace(FACTS, user=user)))["user"].state == FAILED


@pytest.mark.parametrize("part", ["buunstack", "spark", "clickhouse", "mcp"])
def test_an_absent_part_fails_only_when_the_label_says_that_it_is_there(part: str) -> None:
    said = replace(FACTS, labels={**FACTS.labels, PARTS: f"other,{part}"})

    assert prove(StandIn(**{part: ABSENT}))[part].state == ABSENT
    assert prove(StandIn(said, **{part: ABSENT}))[part].state == FAILED


def test_what_the_base_has_counts_only_when_nobody_knows_that_it_is_the_bases() -> None:
    unknown = prove(StandIn(replace(FACTS, labels={})))["layers"]

    assert unknown.state == FAILED
    assert "logins in /root/.netrc (layer 1)" in unknown.words


def test_a_layer_that_was_not_in_the_archive_fails() -> None:
    more = replace(FACTS, layers=(*FACTS.layers, "sha256:another"))

    assert prove(StandIn(more))["layers"] == Check("layers", FAILED, "1 layers could not be looked into")


def test_a_secret_of_the_build_fails_and_is_not_told() -> None:
    found = prove(StandIn(), [b"ID=debian"])["layers"]

    assert found == Check("layers", FAILED, "a secret of the build in /etc/os-release (layer 1)")


def test_an_image_that_is_not_there_is_an_error_that_says_how_it_is_made() -> None:
    with pytest.raises(StackError) as caught:
        prove(StandIn(None))

    assert "inv images.build" in caught.value.hint


def test_without_names_custom_images_and_those_of_enabled_profiles_are_meant() -> None:
    custom = {"custom": {"mine": {"context": "images/mine"}}}
    stack = make_stack(images=custom, profiles={"buun-stack": {"enabled": True}})

    assert list(imageproof._wanted(stack, "")) == ["datastack-notebook", "mine"]
    assert list(imageproof._wanted(make_stack(images=custom), "")) == ["mine"]
    with pytest.raises(StackError, match="no enabled profile"):
        imageproof._wanted(make_stack(), "")


def test_a_name_is_a_built_image_or_any_reference() -> None:
    stack = make_stack()

    assert imageproof._wanted(stack, "datastack-notebook, quay.io/a/b:1") == {
        "datastack-notebook": reference(stack, "datastack-notebook"),
        "quay.io/a/b:1": "quay.io/a/b:1",
    }


def test_every_failed_image_is_told_on_standard_output_and_the_command_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    proofs = {
        "a": ("r/a:1", [Check("user", FAILED, "root\nand more"), Check("start", FAILED, "no")]),
        "b": ("r/b:1", [Check("user", OK, "1000")]),
        "c": ("r/c:1", [Check("user", FAILED, "root")]),
    }

    with pytest.raises(FaultsFound, match=r"2 of 3 images not proven: a, c"):
        imageproof._show(proofs, as_json=True)
    listed = json.loads(capsys.readouterr().out)
    with pytest.raises(FaultsFound):
        imageproof._show(proofs, as_json=False)
    printed = capsys.readouterr().out.splitlines()

    assert [(image["name"], image["proven"], len(image["checks"])) for image in listed] == [
        ("a", False, 2),
        ("b", True, 1),
        ("c", False, 1),
    ]
    assert [line.split()[:3] for line in printed] == [
        ["IMAGE", "CHECK", "STATE"],
        ["a", "user", "failed"],
        ["and", "more"],
        ["a", "start", "failed"],
        ["b", "user", "ok"],
        ["c", "user", "failed"],
    ]


@pytest.mark.parametrize(
    ("user", "environment", "expected"),
    [
        ("1000", ("HOME=/home/jovyan",), Home("/home/jovyan", "1000", "100")),
        ("1001:50", (), Home("/home/jovyan", "1001", "50")),
        ("jovyan", ("HOME=/h", "NB_UID=7", "NB_GID=8"), Home("/h", "7", "8")),
        ("", ("HOME=/root",), Home("/root", "0", "100")),
        ("root", ("HOME=/root",), Home("/root", "0", "100")),
    ],
)
def test_the_empty_home_is_the_users_own(user: str, environment: tuple[str, ...], expected: Home) -> None:
    assert home(replace(FACTS, user=user, environment=environment)) == expected


def test_the_secrets_of_builds_are_read_where_they_are_kept_with_the_passwords_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = "machine a login b password first-word\nmachine c login d password 123"
    (tmp_path / "logins").write_text(netrc)
    monkeypatch.setenv("A_TOKEN", "of-some-index")
    stack = make_stack(images={"secrets": {"netrc": "file:logins", "token": "env:A_TOKEN"}})

    found = imagesecrets.telling(imagesecrets.secrets_of(stack, tmp_path / "stack.yaml").values())

    assert found == [b"first-word", netrc.encode(), b"of-some-index"]


def test_a_secret_that_cannot_be_looked_for_is_an_error(tmp_path: Path) -> None:
    stack = make_stack(images={"secrets": {"token": "env:NOT_SET_ANYWHERE"}})

    with pytest.raises(StackError, match=r"images\.secrets\.token"):
        imagesecrets.secrets_of(stack, tmp_path / "stack.yaml")
