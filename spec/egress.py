"""Where notebook servers may connect to, with the well-known services filled in. Pure."""

from dataclasses import dataclass

from spec.model import Stack

WEB = "web"
"""Web servers anywhere, private addresses included."""
KNOWN: dict[str, tuple[str | None, tuple[int, ...]]] = {
    "airflow": ("airflow", (8080,)),
    "clickhouse": ("clickhouse", (8123, 9000)),
    "falkordb": ("falkordb", (6379,)),
    "lakekeeper": ("lakekeeper", (8181,)),
    "litellm": ("litellm", (4000,)),
    "minio": ("minio", (9000, 9001)),
    "postgres": ("postgres", (5432,)),
    "qdrant": ("qdrant", (6333, 6334, 6335)),
    "vault": ("vault", (8200,)),
    WEB: (None, (80, 443)),
}
"""Name -> its namespace and ports, as buun-stack has them."""


@dataclass(frozen=True)
class Destination:
    """One allowed destination; no namespace and no host stand for anywhere."""

    name: str
    namespace: str | None
    host: str | None
    ports: tuple[int, ...]


def destinations(stack: Stack) -> list[Destination]:
    """What `egress` allows, by name."""
    found = []
    for name, declared in sorted(stack.egress.items()):
        namespace, ports = KNOWN.get(name, (None, ()))
        if declared.host:
            namespace = None
        found.append(Destination(name, declared.namespace or namespace, declared.host, tuple(declared.ports) or ports))
    return found
