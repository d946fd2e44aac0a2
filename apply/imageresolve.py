"""Versions of Python packages for images: the only caller of `uv pip compile`. Starts uv, which asks an index."""

import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apply.run import found, last_lines, watched
from render.imageclosures import closures, environment
from render.imagepackages import OWN, TORCH, pinned
from spec.errors import StackError, ToolMissing

_NOT_TORCH = 'torch ; python_version < "3"\n'
"""PyTorch comes from its own index, for the processor or for CUDA: whatever asks for it here gets nothing."""
_BUILDS_FOR_CUDA_12 = "nvidia-cudnn-cu13<0\n"
"""Of PyTorch on the public index: whose wheel needs CUDA 13's cuDNN is out, so the newest one for CUDA 12 is left."""
_SEED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.!+_-]*(?: ; [^\\\n]+?)?(?= \\$|$)", re.MULTILINE)
_LAST_LINES = 40
"""Of uv's words: an explanation of a conflict has its end at the end, and is rarely longer."""


@dataclass(frozen=True)
class Question:
    """What is asked of the index."""

    python: str
    index: str | None
    """Its address; None for the one that uv is set up for."""
    seeds: Sequence[str] = ()
    """Earlier locks, the most telling first: their versions stay where they fit."""


def resolve(lists: Mapping[str, str], question: Question) -> dict[str, str]:
    """By list: all that it needs, from one resolution over all of them, so that they fit together.

    Raises:
        ToolMissing: uv is not there.
        StackError: no versions fit, or the index did not answer; uv says which and why.
    """
    with tempfile.TemporaryDirectory(prefix="buunstack-lock-") as made:
        folder = Path(made)
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "images"\nversion = "0"\nrequires-python = ">={question.python}"\n'
            f'[tool.uv]\nenvironments = ["{environment(question.python)}"]\n'
        )
        (folder / "overrides.txt").write_text(_NOT_TORCH)
        for name, text in lists.items():
            (folder / f"{name}.in").write_text(text)
        options = ("--universal", "--generate-hashes", "--annotation-style=line", "--override=overrides.txt")
        sources = [f"{name}.in" for name in lists]
        resolution = _compile(folder, sources, options, question)
        found = closures(resolution, sources, question.python)
    return {source.removesuffix(".in"): text for source, text in found.items()}


def torch(text: str, question: Question) -> str:
    """Versions of PyTorch's packages that exist for the processor and for CUDA 12.

    Raises:
        ToolMissing, StackError: as `resolve`.
    """
    options = ("--python-platform=x86_64-unknown-linux-gnu", "--no-annotate", "--constraint=constraints.txt")
    with tempfile.TemporaryDirectory(prefix="buunstack-lock-") as made:
        folder = Path(made)
        (folder / f"{TORCH}.in").write_text(text)
        (folder / "constraints.txt").write_text(_BUILDS_FOR_CUDA_12)
        versions = pinned(_compile(folder, [f"{TORCH}.in"], options, question))
        # torchaudio does not say which torch it was built for: up to 2.11 it is that of the same number.
        exact = f"torch=={versions['torch']}\ntorchaudio<={versions['torch']}\n"
        (folder / "constraints.txt").write_text(_BUILDS_FOR_CUDA_12 + exact)
        versions = pinned(_compile(folder, [f"{TORCH}.in"], options, question))
    return "".join(f"{name}=={versions[name]}\n" for name in text.split())


def seeds(text: str) -> list[str]:
    """The versions in a lock, whatever else is in it."""
    return _SEED.findall(text)


def _compile(folder: Path, sources: Sequence[str], options: Sequence[str], question: Question) -> str:
    output = folder / "locked.txt"
    known: dict[str, str] = {}
    for text in reversed(question.seeds):
        known |= {line.partition(" ; ")[0].partition("==")[0]: line for line in seeds(text)}
    output.write_text("".join(f"{line}\n" for line in known.values()))
    given = {"UV_DEFAULT_INDEX": question.index} if question.index else {}
    code, said = watched(
        [
            *(*_uv(), "pip", "compile", f"--directory={folder}", "--quiet", "--no-progress", "--system-certs"),
            *(f"--python-version={question.python}", "--no-header", f"--output-file={output}", *options, *sources),
        ],
        given="",
        hopeless=lambda: False,
        environment={name: value for name, value in os.environ.items() if name != "UV_INDEX_URL"} | given,
    )
    if code:
        raise StackError("the packages of the images do not resolve; nothing was changed\n" + _last(said))
    return output.read_text()


def _uv() -> list[str]:
    if uv := found("uv"):
        return [uv]
    if importlib.util.find_spec("uv"):
        return [sys.executable, "-m", "uv"]
    raise ToolMissing("uv is not there, and finding versions that fit together needs it", hint="pip install uv")


def _last(said: str) -> str:
    """Uv's last lines; the list of the stack is called as the stack file calls it."""
    return last_lines(said, _LAST_LINES).replace(f"{OWN}.in", "images.packages")
