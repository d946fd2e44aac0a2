"""Run every measurement and print the report; a broken exact count ends with 1."""

import sys

from tests.bench.cluster import measure_cluster, measure_rendering
from tests.bench.commands import measure_commands
from tests.bench.login import measure_login
from tests.bench.report import Report
from tests.bench.running import measure_running
from tests.bench.secretstore import measure_secrets


def main() -> int:
    report = Report()
    measure_commands(report)
    measure_running(report)
    measure_secrets(report)
    measure_login(report)
    measure_rendering(report)
    measure_cluster(report)
    print(report.write())
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
