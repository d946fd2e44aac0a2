"""The named types of the stack file's values: their patterns become part of the JSON Schema. Pure."""

from typing import Annotated

from msgspec import Meta, Struct

from spec.quantities import CPU, DURATION, MEMORY

HOST = r"^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$"
ADDRESS = r"^([0-9]{1,3}\.){3}[0-9]{1,3}$|^[0-9A-Fa-f]*:[0-9A-Fa-f:.]+$"
URL = r"^https?://[^\s/?#@]+(/[^\s]*)?$"
IMAGE = (
    r"^[a-z0-9]+([._-]+[a-z0-9]+)*(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)
"""The grammar of distribution/reference, without its rarely used forms."""
SLUG = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
STACK_NAME = r"^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$"
USER_NAME = r"^[a-z0-9][a-z0-9._@+-]{0,62}$"
GROUP = r"^[^/\s][^/\x00-\x1f]*(/[^/\x00-\x1f]+)*$"
HOME_FOLDER = r"^([A-Za-z0-9_-][A-Za-z0-9._-]{0,62}/){0,8}\{username\}$"
"""The user's name is its last step, so that nobody's home lies in another one."""
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
REFERENCE = r"^(vault|env|k8s|file):.+$"

MCP_VERSION = r"^[1-9][0-9]*\.[0-9]+\.[0-9]+$"
"""jupyter-mcp-server below 1.0.0 runs code for anyone who reaches it (datalayer/jupyter-mcp-server #213)."""

Duration = Annotated[str, Meta(pattern=DURATION, examples=["90s", "10m", "24h", "7d"])]
Memory = Annotated[str, Meta(pattern=MEMORY, examples=["512Mi", "4Gi"])]
Cpu = Annotated[float, Meta(ge=0.001, le=1024)] | Annotated[str, Meta(pattern=CPU, examples=["500m", "2"])]
Host = Annotated[str, Meta(pattern=HOST, examples=["jupyter.example.net"])]
Address = Annotated[str, Meta(pattern=ADDRESS, examples=["127.0.0.1"])]
Url = Annotated[str, Meta(pattern=URL, examples=["https://vault.example.net"])]
Image = Annotated[str, Meta(pattern=IMAGE, examples=["quay.io/jupyter/base-notebook:2026-05-31"])]
Slug = Annotated[str, Meta(pattern=SLUG)]
UserName = Annotated[str, Meta(pattern=USER_NAME, examples=["ada", "grace.h@example.net"])]
Group = Annotated[str, Meta(pattern=GROUP, examples=["science", "science/physics"])]
Variables = dict[Annotated[str, Meta(pattern=VARIABLE)], str]
SecretReference = Annotated[
    str, Meta(pattern=REFERENCE, examples=["vault:secret/jupyterhub/oidc#client-secret", "env:OIDC_SECRET"])
]
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of the stack file whose keys are all known."""


def says(description: str, examples: list[object] | None = None) -> Meta:
    """The description of a field, which becomes part of the JSON Schema and the reference."""
    return Meta(description=description, examples=examples)
