"""The logger `buunstack`: level from BUUNSTACK_LOG_LEVEL, lines to standard error, names but never values."""

import logging
import os
import sys

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_HANDLER = "buunstack"

log = logging.getLogger("buunstack")
"""The package's one logger."""


class _StandardError(logging.Handler):
    """Writes to what is standard error now, since a kernel replaces it after the start."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            print(self.format(record), file=sys.stderr)
        except Exception:  # noqa: BLE001 - logging's own rule: a full disk must not stop the program
            self.handleError(record)


def set_up_log() -> None:
    """Give the logger its level and one handler; may be repeated."""
    if not any(handler.name == _HANDLER for handler in log.handlers):
        handler = _StandardError()
        handler.name = _HANDLER
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s: %(message)s"))
        log.addHandler(handler)
    log.propagate = False
    wanted = os.environ.get("BUUNSTACK_LOG_LEVEL", "").strip().lower()
    log.setLevel(_LEVELS.get(wanted, logging.WARNING))
    if wanted and wanted not in _LEVELS:
        log.warning("BUUNSTACK_LOG_LEVEL is %r; taking warning. It knows %s.", wanted, ", ".join(_LEVELS))
