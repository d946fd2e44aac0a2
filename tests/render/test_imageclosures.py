"""From one resolution to what each list needs."""

from render.imageclosures import closures, environment

EVERYWHERE = (
    "python_full_version < '3.13' and implementation_name == 'cpython' and ((platform_machine == 'aarch64' and "
    "platform_python_implementation == 'CPython' and sys_platform == 'linux') or (platform_machine == 'x86_64' and "
    "platform_python_implementation == 'CPython' and sys_platform == 'linux'))"
)
HASH = f"    --hash=sha256:{'0' * 64}\n"


def entry(name: str, *parents: str, marker: str = EVERYWHERE) -> str:
    return f"{name}==1 ; {marker} \\\n{HASH}    # via {', '.join(parents)}\n"


def test_a_list_gets_all_that_it_needs_and_nothing_else() -> None:
    text = entry("anyio", "httpx") + entry("httpx", "-r core.in") + entry("idna", "anyio", "-r own.in")

    found = closures(text, ["core.in", "own.in"], "3.12")

    assert found["core.in"] == "".join(f"{name}==1 \\\n{HASH}" for name in ("anyio", "httpx", "idna"))
    assert found["own.in"] == f"idna==1 \\\n{HASH}"


def test_packages_that_need_each_other_have_an_end() -> None:
    text = entry("a", "b", "-r core.in") + entry("b", "a")

    assert closures(text, ["core.in"], "3.12")["core.in"].count("==") == 2


def test_names_are_compared_as_indexes_do() -> None:
    text = entry("jupyter-core", "Jupyter_Client") + entry("jupyter-client", "-r mcp.in")

    assert closures(text, ["mcp.in"], "3.12")["mcp.in"].count("==") == 2


def test_only_what_tells_machines_apart_stays_of_a_marker() -> None:
    arm = (
        "python_full_version < '3.13' and implementation_name == 'cpython' and platform_machine == 'aarch64' and "
        "platform_python_implementation == 'CPython' and sys_platform == 'linux'"
    )

    found = closures(entry("a", "-r core.in", marker=arm) + entry("a", "-r core.in"), ["core.in"], "3.12")["core.in"]

    assert found == f"a==1 ; platform_machine == 'aarch64' \\\n{HASH}a==1 \\\n{HASH}"


def test_images_are_linux_with_one_python() -> None:
    found = environment("3.12")

    assert "sys_platform == 'linux'" in found
    assert "python_full_version >= '3.12' and python_full_version < '3.13'" in found
    assert "'aarch64' or platform_machine == 'x86_64'" in found
