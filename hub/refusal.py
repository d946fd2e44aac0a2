"""A server that is not started, with a sentence for its user. Pure."""

from tornado import web


class NotStarted(web.HTTPError):
    """A server that does not run, with a sentence that JupyterHub shows the user."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status, "%s", sentence)
        self.jupyterhub_message = sentence
