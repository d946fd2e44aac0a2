"""What JupyterHub loads on the local target; the settings are where BUUNSTACK_SETTINGS says."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.local.config import configure_local
from hub.settings import SettingsError, load_settings

if TYPE_CHECKING:

    def get_config() -> Any:
        """JupyterHub puts it into this file's names."""


path = os.environ.get("BUUNSTACK_SETTINGS")
if not path:
    raise SystemExit("BUUNSTACK_SETTINGS is not set: it names the settings file of the stack")
try:
    configure_local(get_config(), load_settings(Path(path)))
except SettingsError as error:
    raise SystemExit(str(error)) from None
