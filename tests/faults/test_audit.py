"""An audit log that cannot be written: no secret is read unseen, which is said, and it goes on when there is room."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from buunstack import SecretStore, Unavailable
from tests.openbao import OpenBao
from tests.vault_lab import notebook_token, prepare


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a small file system to fill")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Take all that is left of its file system."""
    with contextlib.suppress(OSError), (folder / "filler").open("ab", buffering=0) as filler:
        while True:
            filler.write(b"x" * 512)


def test_a_full_disk_stops_secrets_with_a_sentence_and_they_come_back_with_room(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenBao(tmp_path / "bao", audit=small_disk / "vault-audit.log") as bao:
        prepare(bao)
        monkeypatch.setenv("VAULT_ADDR", bao.address)
        monkeypatch.setenv("VAULT_CACERT", str(bao.ca))
        monkeypatch.setenv("JUPYTERHUB_USER", "jupyterhub.alice")
        monkeypatch.setenv("NOTEBOOK_VAULT_TOKEN", notebook_token(bao, "alice")["client_token"])
        store = SecretStore()
        store.put("k", a="1")
        fill(small_disk)

        with pytest.raises(Unavailable, match=r"^Vault cannot answer now \(500, internal error\)\. Nothing was lost"):
            [store.get("k") for _ in range(100)]  # the last page of the log has room for a few
        assert "no audit backend succeeded" in bao.log.read_text()
        (small_disk / "filler").unlink()

        assert store.get("k") == {"a": "1"}
