"""What only this machine can tell Prometheus: its certificates and the room for homes, read at each scrape.

Touches files.
"""

import math
import shutil
from functools import partial
from pathlib import Path

from cryptography import x509

from hub.metrics import CERTIFICATE_EXPIRY, HOMES_AVAILABLE, HOMES_SIZE
from hub.settings import Local


def measure(local: Local, has_vault: bool) -> None:
    """Let /hub/metrics tell them from now on; what cannot be read is NaN."""
    homes = Path(local.state) / "homes"
    HOMES_SIZE.set_function(partial(_room, homes, 0))
    HOMES_AVAILABLE.set_function(partial(_room, homes, 2))
    files = {"public": Path(local.tls.certificate)} if local.tls is not None else {}
    if has_vault:
        files["vault"] = Path(local.state) / "tls" / "vault.pem"
    for name, file in files.items():
        CERTIFICATE_EXPIRY.labels(name).set_function(partial(_expiry, file))


def _room(folder: Path, field: int) -> float:
    """Args: field: of `shutil.disk_usage`: 0 is the size, 2 what is free."""
    while not folder.exists() and folder != folder.parent:  # before the first user there are no homes
        folder = folder.parent
    try:
        return float(shutil.disk_usage(folder)[field])
    except OSError:
        return math.nan


def _expiry(file: Path) -> float:
    """The first certificate's, which is the server's own."""
    try:
        return x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc.timestamp()
    except (OSError, ValueError):
        return math.nan
