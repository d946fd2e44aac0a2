"""What the commands cost, against each other in one run."""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import noisy, ratio, rounds
from tests.bench.report import Report
from tests.e2e.stack import ROOT, InstalledStack

ROUNDS = 15
PROFILES = 200
NEWLINE = "\n"


def large_spec(profiles: int = PROFILES) -> str:
    """A valid stack file of about 25 lines for each of `profiles`."""
    blocks = []
    for number in range(profiles):
        variables = "".join(f"      VARIABLE_{index}: value-{number}-{index}\n" for index in range(12))
        blocks.append(
            f"  team-{number}:\n"
            f"    enabled: true\n"
            f"    display_name: Team {number}\n"
            f"    description: The environment of team {number}\n"
            f"    image: registry.lab.internal/team-{number}:2026.1\n"
            f"    cpu:\n      guarantee: 0.5\n      limit: 2\n"
            f"    memory:\n      guarantee: 1Gi\n      limit: 4Gi\n"
            f"    packages:\n      - numpy\n      - pandas\n"
            f"    environment:\n{variables}"
        )
    head = "version: 1\nname: large\ntarget:\n  kind: kubernetes\nhub:\n  host: hub.lab.internal\n"
    login = "auth:\n  kind: native\n"
    return f"{head}{login}profiles:\n" + "".join(blocks)


def measure_commands(report: Report) -> None:
    """`inv validate` against `inv --list`, an unchanged install against `inv validate`, a large file against Helm."""
    with tempfile.TemporaryDirectory() as folder:
        stack = InstalledStack(Path(folder))
        large = Path(folder) / "large.yaml"
        large.write_text(large_spec())
        stack.install()
        try:
            inv = [sys.executable, "-m", "invoke"]
            commands = {
                "inv --list": [*inv, "--list"],
                "inv --list again": [*inv, "--list"],
                "inv validate": stack.command("validate"),
                "inv install, unchanged": stack.command("install"),
                f"validate (without invoke), {large_spec().count(NEWLINE)} lines": [
                    sys.executable,
                    "-c",
                    f"from apply.validation import validate; validate({str(large)!r}, False)",
                ],
            } | helm_template(report)
            costs = rounds(commands, ROUNDS, ROOT)
        finally:
            stack.remove()
    quiet = not noisy(costs, "inv --list", "inv --list again")
    report.noise(ratio(costs, "inv --list again", "inv --list", "cpu"), quiet)
    large_name = next(name for name in commands if "lines" in name)
    goals = [("inv validate", "inv --list", 1.25), ("inv install, unchanged", "inv validate", 2.0)]
    if "helm template" in commands:
        goals.append((large_name, "helm template", 1.2))
    for name, base, goal in goals:
        report.ratio(name, base, ratio(costs, name, base, "cpu"), ratio(costs, name, base, "wall"), goal, quiet)


def helm_template(report: Report) -> dict[str, list[str]]:
    """`helm template` of a z2jh chart in the cache, where both are there."""
    helm = shutil.which("helm")
    charts = sorted((Path.home() / ".cache" / "buunstack" / "charts").glob("jupyterhub-*.tgz"))
    if not helm or not charts:
        report.skipped("helm template", "helm or a jupyterhub chart in ~/.cache/buunstack/charts is not there")
        return {}
    return {"helm template": [helm, "template", "jupyterhub", str(charts[-1])]}
