"""Lifetimes on one time line, for a terminal and as SVG. Pure.

The line is logarithmic: half a minute and a week are on the same one.
"""

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from render.lifetimes import Life, Margin
from spec.quantities import spelled

_TICKS = (10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400)
"""Seconds that are marked where they lie on the line."""
_NAMES = 40
"""Columns of the names in a terminal."""
_LEFT, _RIGHT, _ROW, _TOP = 290, 200, 24, 46
"""Of the SVG, in its own units."""
_LINE = 560
_COLOURS = {"servers": "#1f77b4", "secrets": "#2ca02c", "sign-in": "#9467bd"}
_FITS, _BROKEN = "#2ca02c", "#d62728"


def _place(seconds: float, longest: float) -> float:
    """Where a time lies on the line, from 0 to 1."""
    low, high = math.log(_TICKS[0]), math.log(longest * 1.15)
    return min(1.0, max(0.0, (math.log(max(seconds, 1)) - low) / (high - low)))


def _longest(lives: Sequence[Life]) -> int:
    return max([_TICKS[1], *(life.seconds for life in lives)])


def in_terminal(lives: Sequence[Life], margins: Sequence[Margin], columns: int) -> str:
    """Lines of text, each at most `columns` wide as long as that is no less than 80."""
    line = max(columns, 80) - _NAMES - 12
    longest = _longest(lives)
    scale = [" "] * line
    for tick in _TICKS:
        at, label = round(_place(tick, longest) * (line - 1)), spelled(tick)
        if tick <= longest and all(sign == " " for sign in scale[at : at + len(label) + 1]):
            scale[at : at + len(label)] = label[: line - at]
    lines, group = [" " * _NAMES + "".join(scale).rstrip()], ""
    for life in lives:
        if life.group != group:
            group = life.group
            lines.append(group)
        length = max(1, round(_place(life.seconds, longest) * (line - 1)))
        bar = ("·" if life.renewed else "━") * (length - 1) + ("↻" if life.renewed else "┫")
        lines.append(f"  {life.name:<{_NAMES - 2}}{bar} {spelled(life.seconds)}")
    lines += ["", "━┫ ends   ·↻ begins anew while it is in use"]
    lines += [f"{'ok  ' if margin.seconds >= 0 else 'BAD '}{margin.words}" for margin in margins]
    return "\n".join(lines)


def as_svg(lives: Sequence[Life], margins: Sequence[Margin], title: str) -> str:
    """A picture that needs nothing else."""
    longest, width = _longest(lives), _LEFT + _LINE + _RIGHT
    height = _TOP + _ROW * (len(lives) + len(margins) + 2)
    shape = f'viewBox="0 0 {width} {height}" role="img" font-family="sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {shape}><title>{escape(title)}</title>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="24" font-size="16">{escape(title)}</text>',
        *(_band(margin, longest, _TOP + _ROW * len(lives)) for margin in margins),
        *_axis(longest, _TOP + _ROW * len(lives)),
        *(part for number, life in enumerate(lives) for part in _bar(life, longest, _TOP + _ROW * number)),
        *_words(margins, _TOP + _ROW * (len(lives) + 1)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axis(longest: int, bottom: int) -> list[str]:
    found = []
    for tick in _TICKS:
        if tick <= longest * 1.15:
            x = _LEFT + _place(tick, longest) * _LINE
            found.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP - 6}" y2="{bottom}" stroke="#dddddd"/>')
            found.append(
                f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle" fill="#666666">{spelled(tick)}</text>'
            )
    return found


def _band(margin: Margin, longest: int, bottom: int) -> str:
    """From where the inner life ends to where the outer one does."""
    ends = sorted(_LEFT + _place(end, longest) * _LINE for end in (margin.inner_seconds, margin.outer_seconds))
    look = f'fill="{_FITS if margin.seconds >= 0 else _BROKEN}" opacity="0.15"'
    shape = f'x="{ends[0]:.1f}" y="{_TOP - 6}" width="{ends[1] - ends[0]:.1f}" height="{bottom - _TOP + 6}"'
    return f"<rect {shape} {look}><title>{escape(margin.words)}</title></rect>"


def _bar(life: Life, longest: int, top: int) -> list[str]:
    length, colour = _place(life.seconds, longest) * _LINE, _COLOURS[life.group]
    look = f'stroke="{colour}" stroke-width="9"' + (' stroke-dasharray="5 4"' if life.renewed else "")
    label = spelled(life.seconds) + (", renewed in use" if life.renewed else "")
    y, why = top + 10, life.where or life.group
    return [
        f'<text x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(life.name)}</text>',
        f'<line x1="{_LEFT}" x2="{_LEFT + length:.1f}" y1="{y}" y2="{y}" {look}><title>{escape(why)}</title></line>',
        f'<text x="{_LEFT + length + 8:.1f}" y="{y + 4}" fill="#444444">{label}</text>',
    ]


def _words(margins: Sequence[Margin], top: int) -> list[str]:
    return [
        f'<text x="12" y="{top + 24 + _ROW * number}" fill="{"#222222" if margin.seconds >= 0 else _BROKEN}">'
        f"{escape(margin.words)}</text>"
        for number, margin in enumerate(margins)
    ]
