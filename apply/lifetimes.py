"""`inv lifetimes`: when servers, tokens and sign-ins end, from the stack file alone."""

import shutil
from dataclasses import asdict

from apply import console, outfile
from apply.validation import validated
from render.lifetimepicture import as_svg, in_terminal
from render.lifetimes import lives, margins


def show(spec: str, svg: str, as_json: bool) -> None:
    """Print the time line, and write it as a picture where asked.

    Args:
        svg: the file to write; empty for none.

    Raises:
        SpecError: the file has problems.
        StackError: the picture cannot be written.
    """
    stack = validated(spec)
    found, left = lives(stack), margins(stack)
    if svg:
        outfile.write(svg, as_svg(found, left, f"Lifetimes of {stack.name}"), "--svg")
        console.say(f"{svg} is written")
    if as_json:
        each = [asdict(margin) | {"words": margin.words} for margin in left]
        console.result_json({"lives": [asdict(life) for life in found], "margins": each})
    elif not svg:
        console.result(in_terminal(found, left, shutil.get_terminal_size((100, 24)).columns))
