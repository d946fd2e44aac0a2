"""Builds with a real engine: what fails and how it is told, what is left behind, what ends up in an image."""

import hashlib
import json
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from apply import imagefiles
from apply.caches import cache
from apply.engine import Engine
from render.imagelabels import FINGERPRINT, PLATFORM
from spec.errors import FaultsFound, StackError
from spec.load import load
from tests.images.conftest import NOWHERE, SMALL, Site, until
from tests.openbao import certificates

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parent.parent.parent
_SECRET = "Zq7-vN2_kPw9-rT4xLm"
_INVOKE = (
    "import signal; from invoke.main import program;"
    "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a shell's background jobs ignore it
    "program.run()"
)
_SLEEPS = f"RUN echo {uuid.uuid4()} && sleep 400"
"""Never in the cache: an engine goes on with a step whose client was killed."""


def contexts() -> list[str]:
    """What builds have left below the cache."""
    return sorted(path.name for path in (cache("images") / "contexts").glob("*.d"))


def built(docker: Engine, name: str, tag: str = "t1") -> bool:
    return docker.image(f"{NOWHERE}/{name}:{tag}") is not None


def test_a_failing_step_is_told_with_its_last_words(lone: Site) -> None:
    lone.custom(mine="USER 0\nRUN echo the words of the step && echo more && exit 3\nUSER 1000")

    with pytest.raises(StackError) as caught:
        lone.build("mine")

    assert caught.value.message.startswith("mine was not built\n")
    assert "RUN echo the words of the step" in caught.value.message
    assert caught.value.message.splitlines()[-2:] == ["the words of the step", "more"]
    assert caught.value.hint == "correct it, then run the same command again"
    assert contexts() == []


def test_a_file_that_the_lock_does_not_know_is_not_installed(lone: Site, small_lock: Path) -> None:
    lone.write(groups=SMALL | {"mcp": False})
    texts = {
        path.stem: re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", path.read_text())
        for path in small_lock.glob("packages/clickhouse.txt")
    }
    files = {f"{name}.txt": text for name, text in imagefiles.with_headers(load(lone.file), texts).items()}
    imagefiles.write(lone.file.parent / "stack.images/packages", files)

    with pytest.raises(StackError, match="datastack-notebook was not built") as caught:
        lone.build()

    assert caught.value.hint == "the index has other files than those that were locked: inv images.lock"


def test_an_image_that_fails_does_not_keep_the_other_from_being_built(lone: Site, docker: Engine) -> None:
    lone.custom(bad="RUN exit 4", good="RUN true")

    with pytest.raises(StackError, match="bad was not built") as caught:
        lone.build("bad,good", jobs=2)

    assert caught.value.message.endswith("\n\n1 of 2 images were not built")
    assert built(docker, "good")
    assert not built(docker, "bad")


@pytest.fixture
def command(lone: Site) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `inv images.build`, and waits until a step runs."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str) -> subprocess.Popen[str]:
        log = lone.file.parent / "log"
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", _INVOKE, "images.build", f"--spec={lone.file}", f"--names={name}"],
                cwd=ROOT,
                stdout=file,
                stderr=file,
                text=True,
                start_new_session=True,
            )
        started.append(process)
        until(lambda: "sleep 400" in log.read_text() or process.poll() is not None, seconds=60)
        assert process.poll() is None, log.read_text()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def clients(process: int) -> list[psutil.Process]:
    """The docker clients that a process has started."""
    return [child for child in psutil.Process(process).children(recursive=True) if "docker" in child.name()]


def test_an_interrupted_build_ends_its_client_and_leaves_no_context(
    lone: Site, docker: Engine, command: Callable[..., subprocess.Popen[str]]
) -> None:
    lone.custom(mine=_SLEEPS)
    build = command("mine")
    started = clients(build.pid)
    assert started
    assert len(contexts()) == 1

    build.send_signal(signal.SIGINT)

    assert build.wait(30) == 130
    assert "interrupted" in (lone.file.parent / "log").read_text()
    assert [client for client in started if client.is_running()] == []
    assert contexts() == []
    assert not built(docker, "mine")


def test_what_a_killed_build_has_left_is_removed_by_the_next_one(
    lone: Site, command: Callable[..., subprocess.Popen[str]]
) -> None:
    lone.custom(mine=_SLEEPS)
    build = command("mine")
    started = clients(build.pid)

    build.kill()
    build.wait()
    for client in started:
        client.terminate()
    psutil.wait_procs(started, timeout=30)

    assert len(contexts()) == 1
    lone.custom(mine="RUN true")
    lone.build("mine")
    assert contexts() == []


@pytest.fixture
def token(lone: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with a secret of its builds."""
    monkeypatch.setenv("TOKEN_OF_A_BUILD", _SECRET)
    return lone.write(secrets={"token": "env:TOKEN_OF_A_BUILD"})


def test_a_step_can_read_a_secret_of_the_build_which_is_in_no_layer(
    token: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = hashlib.sha256(_SECRET.encode()).hexdigest()
    token.custom(
        mine="USER 0\nRUN --mount=type=secret,id=token "
        f"sha256sum /run/secrets/token && sha256sum /run/secrets/token | grep -q {seen}\nUSER 1000"
    )

    token.build("mine")
    token.prove("mine")

    assert _SECRET not in "".join(capsys.readouterr())


def test_an_image_with_a_secret_of_its_build_is_not_proven(token: Site, capsys: pytest.CaptureFixture[str]) -> None:
    token.custom(
        mine="USER 0\nRUN --mount=type=secret,id=token cp /run/secrets/token /opt/kept && chmod 644 /opt/kept\n"
        "USER 1000"
    )
    token.build("mine")

    with pytest.raises(FaultsFound):
        token.prove("mine")

    said = "".join(capsys.readouterr())
    (row,) = [line for line in said.splitlines() if "layers" in line and "failed" in line]
    assert "a secret of the build in /opt/kept" in row
    assert _SECRET not in said


def test_a_private_authority_is_trusted_in_the_image(lone: Site, tmp_path: Path) -> None:
    authority = certificates(tmp_path / "tls").ca.read_text()
    (lone.file.parent / "authority.pem").write_text(authority)
    declared = yaml.safe_load(lone.file.read_text()) | {"ca": "authority.pem"}
    lone.file.write_text(yaml.safe_dump(declared))

    lone.build()

    command = ["docker", "run", "--rm", "--network=none", "--entrypoint=cat", lone.reference]
    trusted = subprocess.run(
        [*command, "/etc/ssl/certs/ca-certificates.crt"], capture_output=True, text=True, check=True
    )
    assert authority.strip() in trusted.stdout


def test_an_image_says_where_it_comes_from_and_runs_as_its_user(lone: Site, docker: Engine) -> None:
    git = ["git", "-C", str(lone.file.parent), "-c", "user.name=a", "-c", "user.email=a@example.net"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=a"]):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()

    lone.build()

    said = subprocess.run(["docker", "inspect", lone.reference], capture_output=True, text=True, check=True).stdout
    config = json.loads(said)[0]["Config"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert (labels["title"], labels["version"], labels["revision"]) == ("datastack-notebook", "t1", commit)
    assert re.match(r"20\d\d-\d\d-\d\dT", labels["created"])
    assert re.fullmatch("[0-9a-f]{64}", labels[FINGERPRINT])
    assert config["User"] == "1000"
    assert config["Healthcheck"]["Test"][0] == "CMD"


def test_without_the_cache_every_step_is_done_again(lone: Site, capsys: pytest.CaptureFixture[str]) -> None:
    lone.custom(mine="RUN date +%N > /tmp/when")
    lone.build("mine")
    lone.build("mine")
    assert "(nothing changed)" in capsys.readouterr().out

    lone.build("mine", cache=False)

    said = capsys.readouterr()
    assert "nothing changed" not in said.out
    assert re.search("mine: built, [1-9] steps anew", said.err)


def test_a_platform_is_a_part_of_what_an_image_is_built_from(lone: Site, docker: Engine) -> None:
    lone.custom(mine="RUN true")
    lone.build("mine")
    plain = docker.image(f"{NOWHERE}/mine:t1")

    lone.build("mine", platform="linux/amd64")

    asked = docker.image(f"{NOWHERE}/mine:t1")
    assert plain
    assert asked
    assert asked.labels[PLATFORM] == "linux/amd64"
    assert asked.labels[FINGERPRINT] != plain.labels[FINGERPRINT]
