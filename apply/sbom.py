"""An image's bill of materials: CycloneDX 1.6 from a list of packages. Pure."""

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/schema/bom-1.6")
"""The serial number of an image's document comes from its id: no clock and no chance, so the same bytes each time."""


def document(name: str, image_id: str, packages: Mapping[str, Any]) -> str:
    """The bill of materials as text.

    Args:
        name: of the image.
        image_id: 64 hex digits.
        packages: as `imagelisting.py` lists them.
    """
    purls: dict[str, tuple[str, str]] = {
        **{_debian(packages["system"], *package): package[:2] for package in packages["debian"]},
        **{_python(*package): package[:2] for package in packages["python"]},
        **{_conda(*package): package[:2] for package in packages["conda"]},
    }
    components = [
        {"type": "library", "bom-ref": purl, "name": purls[purl][0], "version": purls[purl][1], "purl": purl}
        for purl in sorted(purls)
    ]
    image = {
        "type": "container",
        "bom-ref": f"sha256:{image_id}",
        "name": name,
        "version": f"sha256:{image_id}",
        "hashes": [{"alg": "SHA-256", "content": image_id}],
    }
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, image_id)}",
        "version": 1,
        "metadata": {"component": image},
        "components": components,
    }
    return json.dumps(bill, indent=2, ensure_ascii=False) + "\n"


def _debian(system: Mapping[str, str], name: str, version: str, architecture: str) -> str:
    distribution = system.get("ID") or "debian"
    distro = f"{distribution}-{system['VERSION_ID']}" if system.get("VERSION_ID") else ""
    qualifiers = _qualifiers(arch=architecture, distro=distro)
    return f"pkg:deb/{_quoted(distribution)}/{_quoted(name)}@{_quoted(version)}{qualifiers}"


def _python(name: str, version: str) -> str:
    return f"pkg:pypi/{_quoted(re.sub('[-_.]+', '-', name).lower())}@{_quoted(version)}"


def _conda(name: str, version: str, build: str, channel: str, subdir: str) -> str:
    """The channel's own name alone: an address may hold a login."""
    parts = [part for part in channel.rstrip("/").split("/") if part]
    named = parts[-2] if len(parts) > 1 and parts[-1] == subdir else (parts or [""])[-1]
    return f"pkg:conda/{_quoted(name)}@{_quoted(version)}{_qualifiers(build=build, channel=named, subdir=subdir)}"


def _qualifiers(**values: str) -> str:
    given = [f"{name}={_quoted(value)}" for name, value in sorted(values.items()) if value]
    return "?" + "&".join(given) if given else ""


def _quoted(text: str) -> str:
    return quote(text, safe=".-_~")
