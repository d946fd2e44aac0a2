"""What becomes of names and sizes in the forms of `inv usage`."""

import csv
import io
import os
from pathlib import Path

from apply.homesizes import used_bytes
from apply.usage import _csv


def test_a_name_that_a_spreadsheet_would_calculate_is_text_in_csv() -> None:
    names = ['=HYPERLINK("x")', "+1", "-1", "@a", "plain", 'with "quotes", and comma']
    rows = [{"user": name, "servers": ["", "two"], "hours": 1.25, "profiles": {}, "cores": None} for name in names]

    (header, *lines) = list(csv.reader(io.StringIO(_csv(rows))))

    assert header == ["user", "servers", "hours", "cores"]
    assert [line[0] for line in lines] == ['\'=HYPERLINK("x")', "'+1", "'-1", "'@a", "plain", names[-1]]
    assert lines[0][1:] == ["2", "1.250", ""]


def test_a_home_is_as_large_as_its_files_each_once_and_no_link_leads_out(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    (home / "deep" / "er").mkdir(parents=True)
    outside.mkdir()
    (outside / "large").write_bytes(os.urandom(4_000_000))
    empty = used_bytes(home)
    assert empty is not None
    (home / "deep" / "er" / "data").write_bytes(os.urandom(1_000_000))
    (home / "again").hardlink_to(home / "deep" / "er" / "data")
    (home / "way-out").symlink_to(outside)
    (home / "loop").symlink_to(home)

    found = used_bytes(home)

    assert found is not None
    assert 1_000_000 <= found - empty < 1_100_000


def test_a_home_that_is_not_there_has_no_size(tmp_path: Path) -> None:
    assert used_bytes(tmp_path / "nobody") is None
