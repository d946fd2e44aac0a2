"""An image's archive is searched in each of its layouts, to its last byte."""

import hashlib
from collections.abc import Callable, Mapping

import pytest

from apply import imagelayers
from apply.imagelayers import CONFIGURATION, EXACT, Finding, scan
from spec.errors import StackError
from tests.apply.imagearchives import diff_id, oci_layout, old_layout, pieces, private_key, tar, token

BASE: Mapping[str, bytes] = {"etc/base.pem": private_key().encode(), "etc/os-release": b"ID=debian\n"}
PLANTED: Mapping[str, bytes] = {"opt/a.txt": b"nothing", "root/.netrc": b"machine a"}
DELETED: Mapping[str, bytes] = {"root/.wh..netrc": b""}
LAYERS = (BASE, PLANTED, DELETED)
SECRET = token(20, 7).encode()

LAYOUTS: dict[str, Callable[..., bytes]] = {
    "docker": old_layout,
    "oci": oci_layout,
    "oci, not packed": lambda layers, configuration=None: oci_layout(layers, configuration, packed=False),
}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Callable[..., bytes]:
    return LAYOUTS[request.param]


def test_a_file_that_a_later_layer_deletes_is_found(layout: Callable[..., bytes]) -> None:
    found = scan(pieces(layout(LAYERS)), base=[diff_id(BASE)])

    assert found.findings == (Finding("logins", "/root/.netrc", diff_id(PLANTED)),)


def test_every_layer_was_looked_into(layout: Callable[..., bytes]) -> None:
    assert scan(pieces(layout(LAYERS))).layers == {diff_id(layer) for layer in LAYERS}


def test_a_layer_is_known_whatever_it_has_behind_its_last_file() -> None:
    layer = tar(BASE) + b"\0" * 500_000
    known = f"sha256:{hashlib.sha256(layer).hexdigest()}"

    assert scan(pieces(tar({"a/layer.tar": layer})), base=[known]) == imagelayers.Scan((), frozenset({known}))


def test_patterns_are_looked_for_in_the_base_when_it_is_not_known_to_be_one(layout: Callable[..., bytes]) -> None:
    assert "/etc/base.pem" in {finding.path for finding in scan(pieces(layout(LAYERS))).findings}


def test_a_secret_of_the_build_is_found_even_in_the_base(layout: Callable[..., bytes]) -> None:
    base = {**BASE, "var/cache/log": b"url=" + SECRET + b"@x"}

    found = scan(pieces(layout((base, PLANTED))), [SECRET], base=[diff_id(base)])

    assert Finding(EXACT, "/var/cache/log", diff_id(base)) in found.findings


@pytest.mark.parametrize(
    "configuration",
    [
        {"config": {"Env": ["PASSWORD=" + SECRET.decode()]}},
        {"history": [{"created_by": "RUN curl -u me:" + SECRET.decode()}]},
        {"config": {"Labels": {SECRET.decode(): "x"}}},
    ],
)
def test_a_secret_of_the_build_is_found_in_environment_history_and_labels(
    layout: Callable[..., bytes], configuration: object
) -> None:
    assert scan(pieces(layout(LAYERS, configuration)), [SECRET], [diff_id(layer) for layer in LAYERS]).findings == (
        Finding(EXACT, CONFIGURATION, ""),
    )


def test_a_secret_is_found_through_the_escapes_of_json() -> None:
    archive = old_layout((DELETED,), {"config": {"Env": ['A=quote"' + SECRET.decode()]}})

    assert scan(pieces(archive), [b'quote"' + SECRET]).findings == (Finding(EXACT, CONFIGURATION, ""),)


@pytest.mark.parametrize("before", [-10, -1, 0, 1, 5000])
def test_a_secret_on_the_border_of_two_pieces_is_found(before: int) -> None:
    filling = b"." * (imagelayers._PIECE + before)
    layer = {"big": filling + SECRET + b"." * 2 * imagelayers._PIECE + private_key().encode()}

    assert {finding.what for finding in scan(pieces(old_layout((layer,)), 65536), [SECRET]).findings} == {
        EXACT,
        "a private key",
    }


def test_a_finding_does_not_tell_the_secret() -> None:
    found = scan(pieces(old_layout(({"a": SECRET},))), [SECRET])

    assert SECRET.decode() not in repr(found)


def test_a_layer_that_cannot_be_read_is_no_clean_layer() -> None:
    with pytest.raises(StackError, match="zstd"):
        scan(pieces(tar({"blobs/sha256/a": b"\x28\xb5\x2f\xfd" + b"x" * 600})))


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.8])
def test_an_archive_that_ends_early_is_an_error_not_a_clean_image(kept: float) -> None:
    archive = old_layout(({"a": b"x" * 20000}, {"b": b"y" * 20000}))

    with pytest.raises(StackError, match="cannot be read"):
        scan(pieces(archive[: int(len(archive) * kept)]))
