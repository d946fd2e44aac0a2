"""`inv images.extend`: the platform's packages in an image of somebody else."""

from pathlib import Path

import pytest

from apply import imageextend, imageproof
from apply.engine import Engine
from apply.imageproof import ABSENT, OK
from spec.errors import StackError
from tests.images.conftest import OFF, TAGGED, Site, new_site
from tests.images.naming import untag

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def site(docker: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A stack that has MCP's packages locked."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = new_site(tmp_path / "site", "localhost:1", groups=OFF | {"mcp": True, "core": True})
    made.lock(python_only=True)
    return made


def test_mcp_and_the_secret_store_work_in_an_extended_image(
    site: Site, docker: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    imageextend.extend(str(site.file), TAGGED, "mcp,buunstack", "mine")

    text = (site.file.parent / "images" / "mine" / "Dockerfile").read_text()
    assert text.startswith(f"FROM {TAGGED}\nUSER 0\nRUN ")
    assert text.endswith("\nUSER 1000\n")
    assert capsys.readouterr().out == "images:\n  custom:\n    mine: {context: images/mine}\n"
    states = {one.name: one.state for one in imageproof.prove(docker, "localhost:1/mine:t1", [], print, base=TAGGED)}
    assert {name for name, state in states.items() if state == ABSENT} == {"spark", "clickhouse"}
    assert (states["mcp"], states["buunstack"], states["layers"]) == (OK, OK, OK)

    before = docker.image("localhost:1/mine:t1")
    imageextend.extend(str(site.file), TAGGED, "mcp,buunstack", "mine")
    assert docker.image("localhost:1/mine:t1") == before
    untag("localhost:1/mine:t1")


def test_a_dockerfile_of_ones_own_stays(site: Site) -> None:
    own = site.file.parent / "images" / "mine" / "Dockerfile"
    own.parent.mkdir(parents=True)
    own.write_text("FROM other:1\n")

    with pytest.raises(StackError, match="is there and says something else; nothing was written"):
        imageextend.extend(str(site.file), TAGGED, "buunstack", "mine")
    assert own.read_text() == "FROM other:1\n"


@pytest.mark.parametrize(
    ("image", "parts", "name", "words"),
    [
        ("-x", "buunstack", "", "is not an image"),
        (TAGGED, "buunstack,nothing", "", "there is no part nothing"),
        (TAGGED, ",", "", "nothing to add"),
        (TAGGED, "spark", "", "package group spark is not locked"),
        (TAGGED, "buunstack", "../mine", "cannot be an image's name"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_written(
    image: str, parts: str, name: str, words: str, site: Site
) -> None:
    with pytest.raises(StackError, match=words):
        imageextend.extend(str(site.file), image, parts, name)
    assert not (site.file.parent / "images").exists()
