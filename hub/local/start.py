"""Starts JupyterHub: `python -m hub.local.start OPTIONS` is `python -m jupyterhub` with less of its imports' time."""

import sys

GRAMMAR = "rfc3987_syntax"
"""jupyter_events loads jsonschema, which imports this for the format `iri` where it is installed; it compiles 38
grammars, 0.9 s (measured). No event of a hub or of a notebook server has such a field (their event schemas).
Commands leave it out as well (spec/validators.py), which is not there beside a hub."""


def main() -> None:
    """JupyterHub's own program, with this process' arguments."""
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]  # importing it is an ImportError, which jsonschema expects
    # Nothing is written beside the stack's own files, which the environment sees to; packages may keep theirs compiled.
    sys.dont_write_bytecode = False
    from jupyterhub.app import main as jupyterhub

    sys.dont_write_bytecode = True
    jupyterhub()


if __name__ == "__main__":
    main()
