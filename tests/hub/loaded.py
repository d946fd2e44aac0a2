"""The settings of tests as the hub has them."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hub.settings import Settings, load_settings
from tests.hub.examples import settings


def loaded(**changes: Any) -> Settings:
    """Whole settings, with some top-level keys replaced."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settings.json"
        path.write_text(json.dumps(settings(**changes)))
        return load_settings(path)
