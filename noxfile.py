"""Sessions for developers and CI: `nox` runs the quick ones."""

import os

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "docs", "tests", "wheel"]

_CORES = os.cpu_count() or 1
_WHOLE_FILES = ("--dist", "loadfile", "--no-loadscope-reorder")
# The tests wait for processes more than they compute, so one worker more than cores is busy.
_PARALLEL = ("-n", str(_CORES + 1), *_WHOLE_FILES)
_TWO = ("-n", "2", "--dist", "loadfile")
_OF_FAULTS = ("test_faults", "test_revocation", "oidc/test_outage", "local/test_spawner_survival", "local/test_proxy")
_OF_LIVES = ("mcpgate", "programs", "servicetoken", "secretspage")
_FAULTS = ("tests/faults", *map("tests/hub/{}.py".format, _OF_FAULTS), "tests/buunstack/test_faults.py")
_LIVES = ("tests/e2e", *map("tests/hub/test_{}.py".format, _OF_LIVES))
_IMAGES = ("tests/images", *map("tests/apply/test_{}.py".format, ("imagefiles", "imagelock", "wheel")))
_WRITE_GOLDEN = {"BUUNSTACK_GOLDEN": "write"}
CODE = ("spec", "render", "apply", "hub", "buunstack")


def _install(session: nox.Session, *groups: str, compiled: bool = False) -> None:
    """Install the platform's own dependencies and `groups`, pinned as in pyproject.toml, into the session."""
    session.env["PYTHONDONTWRITEBYTECODE"] = None  # else each of the hundreds of processes compiles all it imports
    # Of a local stack's processes the hub alone writes bytecode, so sessions that start many have all of it before.
    environment = {"UV_PROJECT_ENVIRONMENT": session.virtualenv.location, "UV_COMPILE_BYTECODE": str(int(compiled))}
    options = [f"--python={session.python or session.virtualenv.location}", *(f"--group={group}" for group in groups)]
    session.run_install("uv", "sync", "--quiet", *options, env=environment)


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
def docs(session: nox.Session) -> None:
    """The documentation site, with no link that leads nowhere; it is left in artifacts/site."""
    _install(session, "docs")
    session.run("zensical", "build", "--strict")


@nox.session
def tests(session: nox.Session) -> None:
    """Unit and integration tests with real parts."""
    _install(session, "test")
    heavier = ("browser", "cluster", "keycloak", "kubernetes", "buunstack/test_wheel.py")
    quick = [f"--ignore={name}" for name in (*_FAULTS, *_IMAGES, *_LIVES, *(f"tests/{name}" for name in heavier))]
    session.run("pytest", *(session.posargs or (*_PARALLEL, *quick)))


@nox.session
def wheel(session: nox.Session) -> None:
    """The notebook wheel: contents, dependencies, the same bytes twice, an import away from this checkout."""
    _install(session, "test")
    session.run("pytest", "tests/buunstack/test_wheel.py", *session.posargs)


@nox.session
def e2e_local(session: nox.Session) -> None:
    """A stack's whole life on this machine: install, change, sign in, work, uninstall."""
    _install(session, "test", compiled=True)
    # Whole stacks start here, so that more at once than there are cores only wait for each other.
    session.run("pytest", *(session.posargs or ("-n", str(_CORES), *_WHOLE_FILES, *_LIVES)))


@nox.session
def faults(session: nox.Session) -> None:
    """Killed processes, cut installs, full disks, taken ports: what a machine does to a stack."""
    _install(session, "test", compiled=True)
    session.run("pytest", *(session.posargs or (*_PARALLEL, *_FAULTS)))


@nox.session
def cluster(session: nox.Session) -> None:
    """What talks to Kubernetes, on the cluster of KUBECONFIG; without one its tests say that they are skipped."""
    _install(session, "test")
    session.run("pytest", *(session.posargs or (*_TWO, "tests/cluster")))


@nox.session
def e2e(session: nox.Session) -> None:
    """A stack's whole life on the cluster of KUBECONFIG, else on one that kind makes (BUUNSTACK_KIND_CONFIG)."""
    _install(session, "test", "browser")
    # Tests wait for pods most of the time; those that change what all stacks share come after the others.
    by_files = ((*_TWO, "-m", "not alone"), ("-m", "alone"))
    for words in [session.posargs] if session.posargs else [(*one, "tests/kubernetes") for one in by_files]:
        session.run("pytest", "--timeout=600", *words)


@nox.session
def keycloak(session: nox.Session) -> None:
    """What talks to Keycloak, with a real one; without Java its tests say that they are skipped."""
    _install(session, "test")
    session.run("pytest", "--timeout=300", *(session.posargs or (*_TWO, "tests/keycloak")))


@nox.session
def images(session: nox.Session) -> None:
    """Notebook images: built, proven, pushed, pulled; without Docker its tests say that they are skipped."""
    _install(session, "test")
    session.run("pytest", "--timeout=900", *(session.posargs or (*_TWO, *_IMAGES)))


@nox.session
def browser(session: nox.Session) -> None:
    """The local stack in headless Chromium; screenshots are left in artifacts/."""
    _install(session, "test", "browser", compiled=True)
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
    session.run("pytest", *(f"tests/render/test_{name}.py" for name in ("artifacts", "review")), env=_WRITE_GOLDEN)


@nox.session
def pins(session: nox.Session) -> None:
    """Renew the pinned versions in pyproject.toml: the newest ones that fit together."""
    session.run("python", "-m", "tests.pins")


@nox.session
def image_pins(session: nox.Session) -> None:
    """Renew what the notebook images are locked to, and their READMEs: the newest that fit together."""
    _install(session)
    session.run("python", "-c", "from apply.imagelock import renew_shipped; renew_shipped()")
