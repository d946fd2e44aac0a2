"""An engine's build log, read as it comes: the steps, and the last lines of the one that failed. Pure."""

import re
from collections import defaultdict, deque

_LAST_LINES = 20
_KEPT_LINES = 1000
"""In which a cause is looked for: pip lists each hash that it would take, and a package may have a hundred files."""
_TITLE = re.compile(r"#(?P<step>\d+) \[(?P<place>[^\]]*\d+/\d+)\] (?P<text>.+)")
_LINE = re.compile(r"#(?P<step>\d+) (?P<time>\d+\.\d+ )?(?P<text>.*)")
"""A program's own words have a time, BuildKit's have none."""
_PODMAN = re.compile(r"STEP (?P<place>\d+/\d+): (?P<text>.+)")
_PODMAN_DONE = re.compile(r"--> [0-9a-f]{6,}$")
_MOUNTS = re.compile(r"--mount=\S+ +")
_SHOWN = 100


class BuildLog:
    """The log of one build, of BuildKit (`#7 [3/9] RUN …`) or Podman (`STEP 3/9: RUN …`)."""

    def __init__(self) -> None:
        self.built = 0
        """Steps that were really done, not taken from the cache."""
        self._titles: dict[str, str] = {}
        self._lines: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT_LINES))
        self._failed = ""
        self._last = ""
        self._cached = False

    def step(self, line: str) -> str | None:
        """Take a line; the step that begins with it, in words."""
        line = line.rstrip()
        if found := _PODMAN.match(line):
            return self._begins(found["place"], found["place"], found["text"])
        if found := _TITLE.match(line):
            # BuildKit repeats a step's title when it comes back to it.
            return None if found["step"] in self._titles else self._begins(found["step"], found["place"], found["text"])
        if found := _LINE.match(line):
            self._take(found["step"], found["text"], said=found["time"] is not None)
        elif "/" in self._last:
            self._take_of_podman(line)
        return None

    def failure(self) -> str:
        """The failing step and its last lines; nothing when no step failed."""
        step = self._failed or (self._last if "/" in self._last else "")
        if not step or not self._lines[step]:
            return ""
        return "\n".join([self._titles.get(step, ""), *list(self._lines[step])[-_LAST_LINES:]]).strip()

    def said(self, words: str) -> bool:
        """Whether any step said this; its line may be long before the last ones."""
        return any(words in line for lines in self._lines.values() for line in lines)

    def _begins(self, step: str, place: str, text: str) -> str:
        self._last = step
        self._titles[step] = f"[{place}] {text}"
        short = " ".join(_MOUNTS.sub("", text).split())
        return f"[{place}] {short if len(short) <= _SHOWN else short[: _SHOWN - 1] + '…'}"

    def _take_of_podman(self, line: str) -> None:
        if line.startswith("--> Using cache"):
            self._cached = True
        elif _PODMAN_DONE.match(line):
            self.built += not self._cached
            self._cached = False
        else:
            self._lines[self._last].append(line)

    def _take(self, step: str, text: str, *, said: bool) -> None:
        if said:
            self._lines[step].append(text)
        elif text.startswith("ERROR"):
            self._failed = step
        elif text.startswith("DONE") and "] FROM " not in self._titles.get(step, "] FROM "):
            self.built += 1
