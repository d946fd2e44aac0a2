"""Two thousand broken stack files: each is valid or has problems with a place and words; none is a traceback."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from spec.availability import unavailable
from spec.errors import SpecError
from spec.load import load
from spec.problems import Problem
from tests.spec.stacks import EXAMPLES

CHUNKS, MUTATIONS = 20, 100
TEXTS = [
    file.read_text("utf-8")
    for folder in (EXAMPLES, Path(__file__).parent / "files")
    for file in sorted(folder.glob("*.yaml"))
]
WORDS = """
~ null on 12:30 1_000 010 08 0x1f -0 1e999 .nan -.inf 4.10 -1 0 1.5 true a.b a[0] --x=y <name> CHANGEME example.com
!x ! *a &a << [ ] { } {} [] [[[[]]]] ' | >- --- ... @ ` # , \\ : - ? " [a (?i a{9999999999} a(?i) [[a]
http://a.b :: é 😀
"""
PHRASES = '|a b|&a x|!!binary aGk=|{a: {b: {c: d}}}|%YAML 1.1|"\\x1b[2J"|"a\\nb"|: |- | |256.1.1.1|0.0.0.0|env:A'
RAW = "\t \0 \x1b[31m \x7f \x85 \u2028 \ufeff \ufffe \u202e"
NASTY = [*WORDS.split(), *PHRASES.split("|"), *RAW.split(" "), "9" * 25, "9" * 400, "a" * 3000]
VALUES: list[Any] = [None, True, -1, 10**30, 1.5, float("nan"), "", "a\nb", "\x1b", [], [[]], {}, {"a": {}}, ["a"]]


def flipped(chance: random.Random, text: str) -> str:
    data = bytearray(text.encode())
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data.decode("utf-8", "surrogateescape")


def with_lines(chance: random.Random, text: str) -> str:
    lines = text.splitlines()
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[at : at + len(lines) // 4]
                lines = lines or [""]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                lines[at] = chance.choice([" ", "  ", "\t", "- ", "? "]) + lines[at]
            case _:
                lines[at] = lines[at][chance.randint(0, 4) :]
    return chance.choice(["\n", "\n", "\r\n", "\r"]).join(lines) + "\n"


def with_values(chance: random.Random, text: str) -> str:
    lines = text.splitlines()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        key, colon, _ = lines[at].rpartition(": ") if chance.random() < 0.5 else lines[at].partition(": ")
        lines[at] = f"{key}{colon}{chance.choice(NASTY)}"
    return "\n".join(lines) + "\n"


def with_keys(chance: random.Random, text: str) -> str:
    lines = text.splitlines()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        key, colon, rest = lines[at].partition(":")
        blanks = key[: len(key) - len(key.lstrip())]
        renamed = chance.choice([key.strip()[:-1], key.strip().upper(), chance.choice(NASTY), chance.choice(NASTY)])
        lines[at] = f"{blanks}{renamed}{colon}{rest}"
    return "\n".join(lines) + "\n"


def spliced(chance: random.Random, text: str) -> str:
    other = chance.choice(TEXTS)
    return text[: chance.randrange(len(text))] + other[chance.randrange(len(other)) :]


def as_tree(chance: random.Random, text: str) -> str:
    tree = yaml.safe_load(text)
    for _ in range(chance.randint(1, 4)):
        at: Any = tree
        while isinstance(at, dict | list) and at:
            step = chance.choice(list(at)) if isinstance(at, dict) else chance.randrange(len(at))
            if chance.random() < 0.4 or not isinstance(at[step], dict | list) or not at[step]:
                _change(chance, at, step, tree)
                break
            at = at[step]
    return yaml.safe_dump(
        tree, allow_unicode=chance.random() < 0.5, default_flow_style=chance.choice([None, True, False])
    )


def _change(chance: random.Random, at: Any, step: Any, tree: Any) -> None:
    match chance.randrange(4):
        case 0:
            del at[step]
        case 1 if isinstance(at, dict):
            at[chance.choice(NASTY)] = at.pop(step)
        case 2:
            at[step] = chance.choice(list(tree.values())) if isinstance(tree, dict) and tree else 0
        case _:
            at[step] = chance.choice([*VALUES, *NASTY])


WAYS: list[Callable[[random.Random, str], str]] = [flipped, with_lines, with_values, with_keys, spliced, as_tree]


def mutated(chance: random.Random) -> bytes:
    text = chance.choice(TEXTS)
    for _ in range(chance.choice([1, 1, 1, 2])):
        way = chance.choice(WAYS)
        try:
            text = way(chance, text)
        except (yaml.YAMLError, RecursionError, UnicodeError, AttributeError, TypeError):
            continue  # a text that is broken already has no tree
    return text.encode("utf-8", "surrogatepass" if chance.random() < 0.2 else "surrogateescape")


def check(problem: Problem) -> None:
    assert problem.line >= 1
    assert problem.column >= 1
    assert problem.message.strip()
    assert all(line.isprintable() for line in str(problem).split("\n"))
    assert len(str(problem)) < 3000


@pytest.mark.timeout(30)
@pytest.mark.parametrize("number", range(CHUNKS))
def test_a_broken_file_ends_in_problems_with_places_and_words(number: int, tmp_path: Path) -> None:
    chance = random.Random(number)
    file = tmp_path / "stack.yaml"
    for _ in range(MUTATIONS):
        data = mutated(chance)
        file.write_bytes(data)
        try:
            found = unavailable(load(file), file)
        except SpecError as error:
            found = error.problems or [Problem("an error without a problem", 0, 0)]
        except BaseException as error:
            error.add_note(f"with {data!r}")
            raise
        for problem in found:
            check(problem)


def test_mutations_break_most_files_and_not_all(tmp_path: Path) -> None:
    chance, file, wrong = random.Random(0), tmp_path / "stack.yaml", 0
    for _ in range(MUTATIONS):
        file.write_bytes(mutated(chance))
        try:
            load(file)
        except SpecError:
            wrong += 1

    assert MUTATIONS // 2 < wrong < MUTATIONS
