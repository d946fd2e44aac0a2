"""What images are built on: the digest of a base, and the Debian packages that it would get. Runs containers."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apply.engine import Engine
from apply.run import last_lines
from render.images import proxies
from spec.errors import StackError
from spec.model import Stack

_INSTALLED = re.compile(r"^Inst (\S+) (?:\[[^\]]*\] )?\((\S+) ", re.MULTILINE)
_LISTS = ("-o", "Dir::State::lists=/tmp/lists", "-o", "Dir::Cache=/tmp/cache", "-o", "APT::Sandbox::User=root")
"""Root without its powers may write there."""


def digest(engine: Engine, base: str, tell: Callable[[str], None]) -> str | None:
    """The digest of a base; None, with a word, when it is only here.

    Raises:
        EngineError: it is neither here nor in its registry.
    """
    if "@" in base:
        return base.partition("@")[2]
    tell(f"the digest of {base}")
    found = engine.digest(base)
    if found is None:
        tell(f"warning: {base} is in no registry that answers, so it has no digest and is not pinned")
    return found


def debian(engine: Engine, stack: Stack, base: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """`name=version` of everything that apt would install for `names` on a base, what they need included.

    Raises:
        StackError: Debian's archive did not answer, or has no such package.
    """
    if not names:
        return ()
    engine.ensure(base)
    with _container(engine, stack, base) as container:
        _apt(engine, container, base, "update", "--error-on=any")
        said = _apt(engine, container, base, "install", "--simulate", "--no-install-recommends", "--yes", "--", *names)
    return tuple(sorted(f"{name}={version}" for name, version in _INSTALLED.findall(said)))


@contextmanager
def _container(engine: Engine, stack: Stack, base: str) -> Iterator[str]:
    container = engine.start(
        base,
        ["3600"],
        environment=proxies(stack) | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        networks=(stack.images.build_network or ("podman" if engine.podman else "bridge"),),
        user="0",
        entrypoint="sleep",
    )
    try:
        yield container
    finally:
        engine.remove(container)


def _apt(engine: Engine, container: str, base: str, *words: str) -> str:
    well, said = engine.execute(
        container, ["sh", "-c", 'mkdir -p /tmp/lists/partial /tmp/cache && exec apt-get "$@"', "sh", *_LISTS, *words]
    )
    if not well:
        hint = "correct images.apt, or images.build_network and images.build_proxy when its archive is not reached"
        raise StackError(f"apt-get {words[0]} on {base} failed\n{last_lines(said)}", hint=hint)
    return said
