"""Who runs this command. Reads the environment."""

import getpass
import os
import socket


def caller() -> str:
    """The name of the user and of the machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
