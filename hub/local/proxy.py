"""Routes for Traefik in which a name is only a name. Touches the routes file.

jupyterhub-traefik-proxy writes names of users and servers into a rule between backticks, and Traefik fills its routes
file as a Go template before it reads it. So a server called ``x`) || PathRegexp(`.`` would get everybody's requests,
and one with `{{` in its name would end all changes of routes, or have the proxy's own variables written out.
"""

import io
from typing import Any
from urllib.parse import unquote

from jupyterhub_traefik_proxy.fileprovider import TraefikFileProviderProxy
from jupyterhub_traefik_proxy.traefik_utils import TraefikConfigFileHandler, atomic_writing
from traitlets import default, observe

from hub.local.placeholder import placeholder

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~@ ")
_RESERVED = frozenset(":?#[]@!$&'()*+,;=%")
"""Of RFC 3986, section 2.2: Traefik takes `+` and `%2B` for two different paths, and clients send either."""


def rule(routespec: str) -> str:
    """Traefik's rule for a route of JupyterHub: `/path/` or `host/path/`, with and without the last slash."""
    host, slash, rest = unquote(routespec).partition("/")
    path = slash + rest
    bare = path.rstrip("/")
    if _RESERVED.intersection(path):
        whole = f"PathRegexp({_literal(_pattern(bare))})"
    elif bare:
        whole = f"( PathPrefix({_literal(path)}) || Path({_literal(bare)}) )"
    else:
        whole = f"PathPrefix({_literal(path)})"
    return f"Host({_literal(host)}) && {whole}" if host else whole


def _pattern(path: str) -> str:
    """A regular expression of Go for the path and what is below it."""
    return "^" + "".join(map(_either, path)) + "(/|$)"


def _either(character: str) -> str:
    """One character, and its encoded form where that is another one to Traefik."""
    if character in _PLAIN and character not in _RESERVED and character != ".":
        return character
    plain = f"\\x{{{ord(character):x}}}"
    return f"({plain}|%{ord(character):02X})" if character in _RESERVED else plain


def _literal(text: str) -> str:
    """A string of Go that holds nothing but letters, digits, escapes and a few signs between its quotes."""
    return '"' + "".join(c if c in _PLAIN else f"\\U{ord(c):08x}" for c in text) + '"'


class RoutesFile(TraefikConfigFileHandler):  # type: ignore[misc]
    """The routes file, in whose texts Traefik finds no template."""

    def atomic_dump(self, data: dict[str, Any]) -> None:
        """Replace the file; `{{` can only stand in a quoted text, where TOML reads the escape as the sign."""
        text = io.StringIO()
        self._dump(data, text)
        with atomic_writing(self.file_path) as file:
            file.write(text.getvalue().replace("{{", "\\u007b\\u007b"))


class StackProxy(TraefikFileProviderProxy):  # type: ignore[misc]
    """Traefik with a routes file, run by the supervisor."""

    @default("dynamic_config_handler")  # type: ignore[untyped-decorator]
    def _routes_file(self) -> RoutesFile:
        return RoutesFile(self.dynamic_config_file)

    @observe("dynamic_config_file")  # type: ignore[untyped-decorator]
    def _set_dynamic_config_file(self, _change: Any) -> None:
        self.dynamic_config_handler = RoutesFile(self.dynamic_config_file)

    async def _setup_traefik_dynamic_config(self) -> None:
        # The base lets the file of an earlier hub win over what this one was told.
        self.dynamic_config.pop("tls", None)
        self.dynamic_config["http"].pop("middlewares", None)
        if not self.ssl_cert:
            self.dynamic_config["tls"] = placeholder()
        await super()._setup_traefik_dynamic_config()

    def _dynamic_config_for_route(self, routespec: str, target: str, data: Any) -> tuple[Any, Any]:
        traefik, jupyterhub = super()._dynamic_config_for_route(routespec, target, data)
        for router in traefik["http"]["routers"].values():
            router["rule"] = rule(routespec)
            # Else the longest rule wins, and a rule is no measure of the path's depth.
            router["priority"] = len(unquote(routespec))
        return traefik, jupyterhub
