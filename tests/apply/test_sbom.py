"""The bill of materials fits its schema and is the same each time."""

import json
import random
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion

from apply import sbom

ID = "7efc1eeb5da3991be4cc6dc81a47163dd6f9ca6d4d573f11f9f1c9364b196722"
PACKAGES: dict[str, Any] = {
    "system": {"ID": "debian", "VERSION_ID": "12"},
    "debian": [
        ["libc6", "2.36-9+deb12u10", "amd64"],
        ["tzdata", "2026a-0+deb12u1", "all"],
        ["gcc", "4:12.2.0", "amd64"],
    ],
    "python": [["PyYAML", "6.0.4"], ["jupyter_core", "5.9.1"], ["jupyter_core", "5.9.1"], ["torch", "2.9.0+cu128"]],
    "conda": [["openssl", "3.6.0", "h1", "https://conda.example.net/t/secret-token/conda-forge/linux-64", "linux-64"]],
}


def refusal(text: str) -> Any:
    """What the schema says against a document."""
    # Loaded where it runs: it compiles grammars for a second, which each process that lists these tests would do.
    from cyclonedx.validation.json import JsonStrictValidator

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


def purls(text: str) -> list[str]:
    return [component["purl"] for component in json.loads(text)["components"]]


@pytest.mark.parametrize("packages", [PACKAGES, {"system": {}, "debian": [], "python": [], "conda": []}])
def test_it_fits_the_schema(packages: dict[str, Any]) -> None:
    text = sbom.document("registry.example.net/notebook:1", ID, packages)

    assert refusal(text) is None


def test_the_validator_would_refuse_another_document() -> None:
    broken = sbom.document("notebook", ID, PACKAGES).replace('"library"', '"libary"')

    assert refusal(broken) is not None


def test_the_same_image_gives_the_same_bytes_in_whatever_order_its_packages_come() -> None:
    mixed = {
        **PACKAGES,
        **{name: random.sample(PACKAGES[name], k=len(PACKAGES[name])) for name in ("debian", "python")},
    }

    assert sbom.document("notebook", ID, mixed) == sbom.document("notebook", ID, PACKAGES)


def test_another_image_has_another_serial_number() -> None:
    texts = [sbom.document("notebook", image, PACKAGES) for image in (ID, "0" + ID[1:])]

    assert len({json.loads(text)["serialNumber"] for text in texts}) == 2


def test_packages_are_named_as_their_ecosystems_name_them() -> None:
    assert purls(sbom.document("notebook", ID, PACKAGES)) == [
        "pkg:conda/openssl@3.6.0?build=h1&channel=conda-forge&subdir=linux-64",
        "pkg:deb/debian/gcc@4%3A12.2.0?arch=amd64&distro=debian-12",
        "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64&distro=debian-12",
        "pkg:deb/debian/tzdata@2026a-0%2Bdeb12u1?arch=all&distro=debian-12",
        "pkg:pypi/jupyter-core@5.9.1",
        "pkg:pypi/pyyaml@6.0.4",
        "pkg:pypi/torch@2.9.0%2Bcu128",
    ]


def test_a_login_in_the_address_of_a_channel_is_not_kept() -> None:
    assert "secret-token" not in sbom.document("notebook", ID, PACKAGES)
