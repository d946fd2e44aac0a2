"""Packages without content, and stacks whose images are made of them."""

import base64
import hashlib
import zipfile
from pathlib import Path

import yaml

from apply import imagelock
from render.imagepackages import packages
from spec.images import GROUPS

OFF = {name.replace("-", "_"): False for name in GROUPS if name not in ("arrow", "clickhouse")}


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """A package without content."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD,,\n"
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(path, text)


def stack_file(tmp_path: Path, **images: object) -> Path:
    file = tmp_path / "stack.yaml"
    content = {"version": 1, "target": {"kind": "local"}, "images": {"groups": OFF, **images}}
    file.write_text(yaml.safe_dump(content))
    return file


def lock(file: Path, upgrade: bool = False) -> None:
    imagelock.lock(str(file), upgrade, python_only=True)


def versions(text: str) -> dict[str, str]:
    return {one.name: one.version for one in packages(text)}
