"""What the chart's configuration executes after itself, with its own names; the settings lie beside the hub's code."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import hub
from hub.cluster.config import configure_cluster
from hub.settings import SettingsError, load_settings

if TYPE_CHECKING:
    c: Any = None

try:
    configure_cluster(c, load_settings(Path(hub.__path__[0]).parent / "buunstack" / "settings.json"))
except SettingsError as error:
    raise SystemExit(str(error)) from None
