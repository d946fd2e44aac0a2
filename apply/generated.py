"""Files of the repository that are made from the model and the tasks: the JSON Schema and the references."""

from pathlib import Path

from invoke.collection import Collection

from apply import commandreference, console
from spec.reference import reference_text
from spec.schema import schema_text

ROOT = Path(__file__).parent.parent


def files(commands: Collection) -> dict[str, str]:
    """The text of each, by its path in the repository."""
    return {
        "schema/stack.schema.json": schema_text(),
        "docs/reference.md": reference_text(),
        "docs/commands.md": commandreference.reference_text(commands),
    }


def write(commands: Collection) -> None:
    """Write them and say which of them changed."""
    for name, made in files(commands).items():
        path = ROOT / name
        changed = not path.exists() or path.read_text("utf-8") != made
        if changed:
            path.parent.mkdir(exist_ok=True)
            path.write_text(made, "utf-8")
        console.say(f"{name} {'is written' if changed else 'was up to date'}")
