"""What stands in the README of an image that comes with the platform. Pure."""

from render.imagepackages import layers, packages, pinned, required_name, requirements
from render.imagepins import Pins
from spec.images import BASE, CUDA_BASE, DATASTACK_CUDA, GROUPS
from spec.load import parse

_TITLES = {
    "core": "Tables, statistics, plots",
    "arrow": "Columns in memory and in files",
    "spark": "Apache Spark",
    "deep-learning": "Neural networks",
    "nlp": "Language models and text",
    "databases": "Databases, objects, pipelines",
    "clickhouse": "ClickHouse",
    "mcp": "Tools of AI assistants",
}


def readme(folder: str, pins: Pins) -> str:
    """The README of an image's folder, made from the lock that comes with the platform."""
    cuda = folder == DATASTACK_CUDA
    stack = parse("version: 1\ntarget: {kind: local}\n", "stack.yaml")[0]
    asked = requirements(stack)
    parts = [_introduction(folder, cuda, stack.images.python)]
    added = {name: {one.name: one.version for one in packages(text)} for name, text in layers(pins, GROUPS)}
    for group in GROUPS:
        whole = {one.name: one.version for one in packages(pins.groups[group])}
        parts.append(_section(group, asked[group], whole, added.get(group, {})))
        if group == "deep-learning":
            parts.append(_torch(pins, stack.images.torch_cuda if cuda else "cpu"))
    return "\n".join(parts)


def _introduction(folder: str, cuda: bool, python: str) -> str:
    what = "The notebook image for servers with NVIDIA GPUs" if cuda else "The notebook image for data science"
    base = CUDA_BASE if cuda else BASE
    return (
        f"# {folder}\n\n"
        f"{what}: Python {python} with Apache Spark, deep learning,\n"
        "language models, clients of databases, and the secret store `buunstack`.\n\n"
        f"Built on `{base}`.\n"
        "`images.groups` in the stack file switches a group off, `images.packages` adds packages, and `inv images.lock`\n"
        "pins everything. This file is made by `nox -s image_pins`.\n"
    )


def _section(group: str, asked: str, whole: dict[str, str], added: dict[str, str]) -> str:
    names = list(dict.fromkeys(required_name(line) for line in asked.splitlines()))
    rest = len(set(added) - set(names))
    rows = "".join(f"| {name} | {whole[name]} |\n" for name in names)
    return (
        f"## {group}: {_TITLES[group]}\n\n| package | version |\n|---|---|\n{rows}\n"
        f"and {rest} package{'' if rest == 1 else 's'} that these need.\n"
    )


def _torch(pins: Pins, kind: str) -> str:
    rows = "".join(f"| {name} | {version} |\n" for name, version in pinned(pins.torch).items())
    return f"### PyTorch, from its own index (`{kind}`)\n\n| package | version |\n|---|---|\n{rows}"
