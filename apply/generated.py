"""Files of the repository that are made from the model: the JSON Schema and the reference."""

from pathlib import Path

from apply import console
from spec.reference import reference_text
from spec.schema import schema_text

ROOT = Path(__file__).parent.parent
FILES = {"schema/stack.schema.json": schema_text, "docs/reference.md": reference_text}


def write() -> None:
    """Write both files and say which of them changed."""
    for name, text in FILES.items():
        path = ROOT / name
        made = text()
        changed = not path.exists() or path.read_text("utf-8") != made
        if changed:
            path.parent.mkdir(exist_ok=True)
            path.write_text(made, "utf-8")
        console.say(f"{name} {'is written' if changed else 'was up to date'}")
