"""The performance goals, measured: `nox -s bench`."""
