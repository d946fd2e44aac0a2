"""What images are built on: which bases are looked at, and what apt says of them."""

from collections.abc import Sequence
from contextlib import contextmanager

import pytest

from apply import imagebases
from spec.errors import StackError
from spec.images import exact
from spec.profiles import used_images
from tests.spec.stacks import make_stack

SIMULATED = """\
Reading package lists...
Inst java-common (0.74 Debian:12.5/oldstable [all])
Inst libssl3 [3.0.9-1] (3.0.17-1~deb12u2 Debian:12.5/oldstable [amd64])
Inst openjdk-17-jre-headless (17.0.19+10-1~deb12u2 Debian-Security:12/oldstable-security [amd64])
Conf java-common (0.74 Debian:12.5/oldstable [all])
"""


class Engine:
    """An engine whose containers answer as told."""

    podman = False

    def __init__(self, answers: dict[str, tuple[bool, str]], digest: str | None = None) -> None:
        self.answers = answers
        self.known = digest
        self.started: list[dict] = []
        self.removed: list[str] = []

    def ensure(self, name: str) -> None:
        """Here already."""

    def digest(self, name: str) -> str | None:
        return self.known

    def start(self, image: str, command: Sequence[str], **options: object) -> str:
        self.started.append({"image": image, **options})
        return "container"

    def execute(self, container: str, command: Sequence[str]) -> tuple[bool, str]:
        return next(answer for word, answer in self.answers.items() if word in command)

    def remove(self, container: str) -> None:
        self.removed.append(container)


@contextmanager
def nothing_left(engine: Engine):
    yield
    assert engine.removed == ["container"]


def test_everything_that_apt_would_install_is_pinned() -> None:
    engine = Engine({"update": (True, ""), "install": (True, SIMULATED)})

    with nothing_left(engine):
        found = imagebases.debian(engine, make_stack(), "debian:12", ("openjdk-17-jre-headless",))

    assert found == (
        "java-common=0.74",
        "libssl3=3.0.17-1~deb12u2",
        "openjdk-17-jre-headless=17.0.19+10-1~deb12u2",
    )


def test_a_package_that_is_not_there_is_named_and_no_container_stays() -> None:
    engine = Engine({"update": (True, ""), "install": (False, "E: Unable to locate package grahpviz")})

    with nothing_left(engine), pytest.raises(StackError, match="Unable to locate package grahpviz") as found:
        imagebases.debian(engine, make_stack(), "debian:12", ("grahpviz",))

    assert "images.apt" in found.value.hint


def test_an_archive_that_is_not_reached_is_told_with_the_settings_for_it() -> None:
    engine = Engine({"update": (False, "E: Could not resolve 'debian.lab.internal'")})

    with nothing_left(engine), pytest.raises(StackError, match=r"apt-get update on debian:12 failed") as found:
        imagebases.debian(engine, make_stack(), "debian:12", ("graphviz",))

    assert "images.build_network" in found.value.hint


def test_apt_is_asked_through_the_network_and_proxy_of_a_build() -> None:
    engine = Engine({"update": (True, ""), "install": (True, SIMULATED)})
    images = {"build_network": "host", "build_proxy": "http://proxy.lab.internal:3128", "no_proxy": ["a", "b"]}

    imagebases.debian(engine, make_stack(images=images), "debian:12", ("graphviz",))

    (started,) = engine.started
    assert started["networks"] == ("host",)
    assert started["user"] == "0"
    assert started["environment"]["http_proxy"] == "http://proxy.lab.internal:3128"
    assert started["environment"]["no_proxy"] == "a,b"


def test_without_packages_of_debian_no_container_is_started() -> None:
    engine = Engine({})

    assert imagebases.debian(engine, make_stack(), "debian:12", ()) == ()
    assert engine.started == []


def test_a_base_that_is_only_here_is_told_and_is_no_failure() -> None:
    told: list[str] = []

    assert imagebases.digest(Engine({}), "local/base:1", told.append) is None
    assert told[-1].startswith("warning: local/base:1 is in no registry")


def test_a_base_that_is_named_by_its_digest_is_asked_nowhere() -> None:
    assert imagebases.digest(None, "base@sha256:1", print) == "sha256:1"
    assert exact("base@sha256:1", "sha256:1") == "base@sha256:1"
    assert exact("base:1", None) == "base:1"


def test_only_images_of_enabled_profiles_are_looked_at() -> None:
    stack = make_stack(
        target={"kind": "kubernetes"}, hub={"host": "hub.lab.internal"}, profiles={"buun-stack": {"enabled": True}}
    )

    assert [image.name for image in used_images(stack)] == ["datastack-notebook"]
    assert used_images(make_stack()) == []
