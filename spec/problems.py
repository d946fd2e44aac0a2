"""One thing that is wrong with a stack file, tied to its line. Pure."""

from dataclasses import dataclass, field

_LONGEST_LINE = 200


@dataclass(frozen=True, order=True)
class Problem:
    """Sorts by its place in the file; what shares a place always comes in the same order."""

    file: str
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    path: str = ""
    """In the user's words, such as `profiles.cuda.gpu.limit`; empty for the file as a whole."""
    message: str = ""
    hint: str = field(default="", compare=False)
    """A value or a command."""
    source: str = field(default="", compare=False)
    """The line itself; empty when there is none to show."""

    def __str__(self) -> str:
        """`file:line:column: path: message`, the line with a caret below the place, the hint."""
        path = f"{self.path}: " if self.path else ""
        lines = [f"{self.file}:{self.line}:{self.column}: {path}{self.message}"]
        if self.source.strip():
            shown = self.source[:_LONGEST_LINE]
            lines.append(f"{self.line:>6} | {shown}")
            if self.column <= len(shown) + 1:
                lines.append(f"       | {' ' * (self.column - 1)}^")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(_printable(line) for line in lines)


def _printable(text: str) -> str:
    """Control characters as blanks, so that a file cannot steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
