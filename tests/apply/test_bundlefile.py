"""Only what a trusted key has signed is unpacked, and only where it belongs."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apply import bundlefile, bundlekeys
from spec.errors import StackError

Members = dict[str, bytes]


@pytest.fixture
def key(tmp_path: Path) -> Ed25519PrivateKey:
    return bundlekeys.signing(tmp_path / "site.key")


@pytest.fixture
def bundle(tmp_path: Path, key: Ed25519PrivateKey) -> Path:
    content = tmp_path / "made" / "content"
    (content / "wheels").mkdir(parents=True)
    (content / "README.txt").write_text("read me")
    (content / "wheels" / "a.whl").write_bytes(b"a wheel")
    bundlefile.pack(content, tmp_path / "lab.bundle", {"stack": "lab"}, key)
    return tmp_path / "lab.bundle"


def opened(bundle: Path) -> tuple[Path, dict[str, object]]:
    trusted = bundlekeys.trusted(bundle.parent / "site.pub")
    return bundlefile.opened(bundle, trusted, bundle.parent / "kept", lambda _: None)


def changed(bundle: Path, change: Callable[[Members], Members]) -> None:
    with tarfile.open(bundle) as archive:
        members = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    with tarfile.open(bundle, "w") as archive:
        for name, content in change(members).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def test_what_was_packed_comes_out_with_what_is_said_of_it(bundle: Path) -> None:
    folder, about = opened(bundle)

    assert (folder / "wheels" / "a.whl").read_bytes() == b"a wheel"
    assert (folder / "README.txt").read_text() == "read me"
    assert about["stack"] == "lab"


def test_the_same_files_make_the_same_bytes(tmp_path: Path, bundle: Path, key: Ed25519PrivateKey) -> None:
    bundlefile.pack(tmp_path / "made" / "content", tmp_path / "again.bundle", {"stack": "lab"}, key)

    assert (tmp_path / "again.bundle").read_bytes() == bundle.read_bytes()


def test_a_bundle_is_unpacked_once_and_again_after_it_was_cut_short(bundle: Path) -> None:
    folder, _ = opened(bundle)
    (folder / "README.txt").write_text("still the first one")
    assert (opened(bundle)[0] / "README.txt").read_text() == "still the first one"

    (folder / ".complete").unlink()
    assert (opened(bundle)[0] / "README.txt").read_text() == "read me"


REFUSED: dict[str, tuple[Callable[[Members], Members], str]] = {
    "a changed file": (lambda all_: all_ | {"wheels/a.whl": b"A wheel"}, "wheels/a.whl"),
    "a changed list": (lambda all_: all_ | {"MANIFEST.json": all_["MANIFEST.json"] + b" "}, "was not signed"),
    "a further file": (lambda all_: all_ | {"more": b""}, "'more', which its signed list does not name"),
    "a file from above": (lambda all_: all_ | {"../more": b""}, "'../more', which its signed list does not name"),
    "a missing file": (lambda all_: {name: one for name, one in all_.items() if name != "README.txt"}, "lacks README"),
    "no list": (lambda all_: {name: one for name, one in all_.items() if name != "MANIFEST.json"}, "is not a bundle"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_than_what_was_signed_is_refused_and_not_used(name: str, bundle: Path) -> None:
    change, words = REFUSED[name]
    changed(bundle, change)

    with pytest.raises(StackError) as caught:
        opened(bundle)

    assert words in caught.value.message
    assert list((bundle.parent / "kept").glob("*/.complete")) == []
    assert not (bundle.parent / "more").exists()


def test_another_key_is_not_trusted(bundle: Path, tmp_path: Path) -> None:
    bundlekeys.signing(tmp_path / "other.key")

    with pytest.raises(StackError, match="was not signed with the trusted key"):
        bundlefile.opened(bundle, bundlekeys.trusted(tmp_path / "other.pub"), tmp_path / "kept", lambda _: None)


def test_a_name_that_leads_out_is_refused_even_where_it_is_signed(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    content = tmp_path / "made" / "content"
    content.mkdir(parents=True)
    (content / "out").write_bytes(b"out")
    bundlefile.pack(content, tmp_path / "lab.bundle", {}, key)
    with tarfile.open(tmp_path / "lab.bundle") as archive:
        listed = archive.extractfile("MANIFEST.json").read().replace(b'"out"', b'"../out"')  # type: ignore[union-attr]
    signed = {"MANIFEST.json": listed, "MANIFEST.sig": key.sign(listed), "../out": b"out"}
    changed(tmp_path / "lab.bundle", lambda _: signed)

    with pytest.raises(StackError, match=r"'\.\./out'"):
        opened(tmp_path / "lab.bundle")
    assert not (tmp_path / "kept" / "out").exists()


def test_a_newer_format_says_who_can_read_it(tmp_path: Path, key: Ed25519PrivateKey, bundle: Path) -> None:
    with tarfile.open(bundle) as archive:
        listed = archive.extractfile("MANIFEST.json").read().replace(b'"format": 1', b'"format": 2')  # type: ignore[union-attr]
    changed(bundle, lambda all_: all_ | {"MANIFEST.json": listed, "MANIFEST.sig": key.sign(listed)})

    with pytest.raises(StackError, match="has format 2, and this version reads 1"):
        opened(bundle)


def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    (tmp_path / "lab.bundle").write_bytes(b"no archive")

    with pytest.raises(StackError, match="cannot be read"):
        opened(tmp_path / "lab.bundle")


def test_keys_are_private_and_say_what_they_are(tmp_path: Path, key: Ed25519PrivateKey) -> None:
    assert (tmp_path / "site.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "bad.key").write_text("bad")
    for refused in (lambda: bundlekeys.signing(tmp_path / "bad.key"), lambda: bundlekeys.trusted(tmp_path / "bad.key")):
        with pytest.raises(StackError, match="is not a"):
            refused()
    with pytest.raises(StackError, match="there is no key to trust"):
        bundlekeys.trusted(tmp_path / "none.pub")
