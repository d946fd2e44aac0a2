"""An engine's build log, read as it comes: the steps, and the last lines of the one that failed. Pure."""

import re
from collections import defaultdict, deque

_LAST_LINES = 20
_TITLE = re.compile(r"#(?P<step>\d+) \[(?P<place>[^\]]*\d+/\d+)\] (?P<text>.+)")
_LINE = re.compile(r"#(?P<step>\d+) (\d+\.\d+ )?(?P<text>.*)")
_PODMAN = re.compile(r"STEP (?P<place>\d+/\d+): (?P<text>.+)")
_SHOWN = 100


class BuildLog:
    """The log of one build, of BuildKit (`#7 [3/9] RUN …`) or Podman (`STEP 3/9: RUN …`)."""

    def __init__(self) -> None:
        self.built = 0
        """Steps that were really done, not taken from the cache."""
        self._titles: dict[str, str] = {}
        self._lines: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_LAST_LINES))
        self._failed = ""
        self._last = ""

    def step(self, line: str) -> str | None:
        """Take a line; the step that begins with it, in words."""
        line = line.rstrip()
        if found := _PODMAN.match(line):
            return self._begins(found["place"], found["place"], found["text"])
        if found := _TITLE.match(line):
            # BuildKit repeats a step's title when it comes back to it.
            return None if found["step"] in self._titles else self._begins(found["step"], found["place"], found["text"])
        if found := _LINE.match(line):
            self._take(found["step"], found["text"])
        elif self._last and "/" in self._last:
            self._lines[self._last].append(line)
        return None

    def failure(self) -> str:
        """The failing step and its last lines; nothing when no step failed."""
        step = self._failed or (self._last if "/" in self._last else "")
        if not step or not self._lines[step]:
            return ""
        return "\n".join([self._titles.get(step, ""), *self._lines[step]]).strip()

    def _begins(self, step: str, place: str, text: str) -> str:
        self._last = step
        self._titles[step] = f"[{place}] {text}"
        short = " ".join(text.split())
        return f"[{place}] {short if len(short) <= _SHOWN else short[: _SHOWN - 1] + '…'}"

    def _take(self, step: str, text: str) -> None:
        if text.startswith("ERROR"):
            self._failed = step
        elif text.startswith("DONE") and step in self._titles and not self._titles[step].startswith("[internal"):
            self.built += 1
        elif text and text != "CACHED":
            self._lines[step].append(text)
