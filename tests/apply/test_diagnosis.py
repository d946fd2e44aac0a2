"""From hits to findings: words, causes instead of what follows from them, and the page that lists every code."""

import re
import string
from dataclasses import fields
from pathlib import Path

import pytest

from apply import doctorfixes, logincodes
from apply.codes import WORDS
from apply.diagnosis import Hit, Words, causes_only, judged
from apply.findings import Finding, Report

PAGE = (Path(__file__).parent.parent.parent / "docs" / "doctor.md").read_text("utf-8")


def found(code: str) -> Finding:
    return Finding(code, "error", "", "", "", "")


def row(code: str) -> str:
    """Of the page's table."""
    words = WORDS[code]
    what, repair, cluster = (text.replace("|", "/") for text in (words.what, words.repair, words.on_cluster))
    also = f"; on a cluster: {cluster}" if cluster else ""
    fix = ", `--fix`" if code in doctorfixes.SAFE else ""
    return f"| {code} | {words.severity}{fix} | {what} | {repair}{also} |"


@pytest.mark.parametrize("code", WORDS)
def test_the_page_has_the_row_of_each_code(code: str) -> None:
    assert row(code) in PAGE


def test_the_page_has_no_row_of_another_code_and_names_those_of_the_login() -> None:
    listed = re.findall(r"^\| ([A-Z]+[0-9]{3}) \|", PAGE, re.MULTILINE)

    assert listed == sorted(WORDS)
    assert f"{logincodes.CODES[0]} to {logincodes.CODES[-1]}" in PAGE


def test_a_cause_is_told_in_place_of_what_follows_from_it() -> None:
    reports = [Report("parts", [found("PROC101")]), Report("hub", [found("HUB101"), found("WAY101")])]

    assert [one.code for report in causes_only(reports, WORDS) for one in report.findings] == ["PROC101"]


def test_what_nothing_explains_is_told() -> None:
    reports = [Report("machine", [found("DISK101"), found("FILE101"), found("AUTH101")])]

    assert causes_only(reports, WORDS) == reports


def test_no_two_codes_explain_each_other() -> None:
    explains = {code: {other for other in WORDS if other.startswith(WORDS[code].explains)} for code in WORDS}

    assert [(a, b) for a in WORDS for b in explains[a] if a < b and a in explains[b]] == []


def test_on_a_cluster_the_repair_is_the_clusters() -> None:
    words = {"X": Words("error", "{name} is gone", "c", "inv install", "inv vault.apply")}
    hit = Hit("X", "seen", {"name": "it"})

    for cluster, repair in ((False, "inv install"), (True, "inv vault.apply")):
        (one,) = judged(None, [lambda _seen: iter([hit])], words, cluster=cluster)
        assert (one.what, one.repair) == ("it is gone", repair)


def test_words_ask_for_names_in_their_sentences_alone() -> None:
    for words in WORDS.values():
        texts = [getattr(words, one.name) for one in fields(Words) if one.name not in ("severity", "explains")]
        asked = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}

        assert asked <= {"name", "state", "pod", "identity", "message", "hint"}
