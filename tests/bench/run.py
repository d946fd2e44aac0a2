"""Run every measurement and print the report; a broken exact count ends with 1."""

import sys

from tests.bench.cluster import measure_cluster, measure_rendering
from tests.bench.commands import measure_commands
from tests.bench.images import measure_images
from tests.bench.login import measure_login
from tests.bench.mcp import measure_mcp
from tests.bench.report import Report
from tests.bench.running import measure_running
from tests.bench.secretstore import measure_secrets
from tests.bench.tokens import measure_tokens

PARTS = {
    "commands": measure_commands,
    "running": measure_running,
    "secrets": measure_secrets,
    "tokens": measure_tokens,
    "login": measure_login,
    "rendering": measure_rendering,
    "cluster": measure_cluster,
    "images": measure_images,
    "mcp": measure_mcp,
}


def main() -> int:
    """All parts, or those that are named."""
    report = Report()
    for name in sys.argv[1:] or PARTS:
        PARTS[name](report)
    print(report.write())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
