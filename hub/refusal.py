"""A server that is not started, with a sentence for its user."""

from typing import Any

from tornado import web


class NotStarted(web.HTTPError):
    """A server that does not run, with a sentence that JupyterHub shows the user."""

    of_vault = False
    """Whether it is Vault that gave no token."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, "%s", sentence)
        self.jupyterhub_message = sentence


class WithoutSecrets(NotStarted):
    """Secrets are required, and Vault gave none."""

    of_vault = True


def leave_uncounted(spawner: Any) -> None:
    """JupyterHub is about to count this start as failed, and ends itself at the chart's fifth in a row.

    That is for a hub that has lost its cluster; users who are refused must not end it for everybody.
    """
    if spawner.handler is not None:
        settings = spawner.handler.settings
        settings["failure_count"] = settings.get("failure_count", 0) - 1
