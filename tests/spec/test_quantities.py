"""Texts with a unit as numbers, and which texts are some."""

import re

import pytest

from spec.quantities import CPU, DURATION, MEMORY, bytes_of, cores, megabytes, seconds


@pytest.mark.parametrize(
    ("text", "number"),
    [("1s", 1), ("90s", 90), ("10m", 600), ("24h", 86_400), ("7d", 604_800), ("999999999d", 86_399_999_913_600)],
)
def test_a_duration_in_seconds(text: str, number: int) -> None:
    assert re.search(DURATION, text)
    assert seconds(text) == number


@pytest.mark.parametrize(
    "text", ["", "0s", "01s", "1", "s", "1 s", "1.5h", "-1s", "+1s", "1S", "1w", "1h30m", "1000000000s", "\u0661s"]
)
def test_what_is_no_duration(text: str) -> None:
    assert not re.search(DURATION, text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("1k", 1000),
        ("1Ki", 1024),
        ("500M", 500_000_000),
        ("1.5Gi", 1_610_612_736),
        ("4G", 4_000_000_000),
        ("1Ti", 2**40),
        ("1T", 10**12),
        ("1Pi", 2**50),
        ("1P", 10**15),
    ],
)
def test_memory_in_bytes(text: str, number: int) -> None:
    assert re.search(MEMORY, text)
    assert bytes_of(text) == number


@pytest.mark.parametrize(
    "text", ["", "0", "0Gi", "1GB", "1gi", "1 Gi", "1K", "1.Gi", ".5Gi", "1.2345Gi", "1e3", "-1Gi", "1m"]
)
def test_what_is_no_memory(text: str) -> None:
    assert not re.search(MEMORY, text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0.0 MB"),
        (360_000, "0.4 MB"),
        (9_940_000, "9.9 MB"),
        (10_400_000, "10 MB"),
        (999_499_999, "999 MB"),
        (999_500_001, "1.00 GB"),
        (2_488_000_000, "2.49 GB"),
    ],
)
def test_bytes_as_registries_show_them(size: int, text: str) -> None:
    assert megabytes(size) == text


@pytest.mark.parametrize(
    ("amount", "number"),
    [("500m", 0.5), ("1m", 0.001), ("2", 2), ("1.5", 1.5), (2, 2), (0.25, 0.25), ("999999m", 999.999)],
)
def test_processor_time_in_cores(amount: str | float, number: float) -> None:
    assert re.search(CPU, str(amount))
    assert cores(amount) == number


@pytest.mark.parametrize("text", ["", "m", "1.5m", "1 m", "two", "1GHz", "-1", "1.2345", "99999", ".5"])
def test_what_is_no_processor_time(text: str) -> None:
    assert not re.search(CPU, text)
