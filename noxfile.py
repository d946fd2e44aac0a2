"""Sessions for developers and CI: `nox` runs the quick ones."""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests", "wheel"]

CODE = ("spec", "render", "apply", "hub", "buunstack")


def _install(session: nox.Session, *groups: str) -> None:
    """Install the platform's own dependencies and `groups`, pinned as in pyproject.toml, into the session."""
    options = [f"--group={group}" for group in groups]
    location = {"UV_PROJECT_ENVIRONMENT": session.virtualenv.location}
    session.run_install(
        "uv",
        "sync",
        "--quiet",
        f"--python={session.python or session.virtualenv.location}",
        *options,
        env=location,
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Style and format."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Static types, strict."""
    _install(session, "lint")
    session.run("mypy", *(f"--package={package}" for package in CODE))


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and integration tests with real parts."""
    _install(session, "test")
    session.run("pytest", *(session.posargs or ["-n", "auto", "--dist", "loadfile"]))


@nox.session
def wheel(session: nox.Session) -> None:
    """The notebook wheel: contents, dependencies, the same bytes twice, an import away from this checkout."""
    _install(session, "test")
    session.run("pytest", "tests/buunstack/test_wheel.py", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """The local stack in headless Chromium; screenshots are left in artifacts/."""
    _install(session, "test", "browser")
    session.run("pytest", "tests/browser", "--timeout=300", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the goals as ratios of commands in one run; the report is left in artifacts/."""
    _install(session, "test")
    session.run("python", "-m", "tests.bench.run", *session.posargs)


@nox.session
def golden(session: nox.Session) -> None:
    """Rewrite the reviewed configuration of the examples after a change that is meant."""
    _install(session, "test")
    session.run("pytest", "tests/render/test_artifacts.py", env={"BUUNSTACK_GOLDEN": "write"})
