"""What a build of the notebook image costs when nothing or only the wheel has changed, and what its layers weigh."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apply import wheel
from apply.engine import Engine, engine_of
from apply.imagebuilder import Builder, Options
from apply.images import chosen, ingredients
from spec.errors import StackError
from spec.images import package_groups
from spec.load import load
from tests.bench.report import Report
from tests.e2e.stack import ROOT
from tests.images.conftest import BASE, TAGGED, Site, new_site
from tests.images.naming import tag, untag

ROUNDS = 5
GOAL_SECONDS, GOAL_MB = 2, 2500
_LOGGING = '#!/bin/sh\necho "$@" >> {log}\nexec {docker} "$@"\n'


def measure_images(report: Report) -> None:
    """Of every package group but deep learning, whose PyTorch has an index of its own."""
    try:
        engine = Engine("docker")
        if engine.image(BASE) is None:
            raise StackError(f"there is no image {BASE}")
    except StackError as error:
        report.skipped("inv images.build, unchanged", error.message)
        return
    tag(BASE, TAGGED)
    with tempfile.TemporaryDirectory() as folder:
        site = new_site(Path(folder) / "site", "localhost:1", groups={"deep_learning": False})
        site.lock()
        site.build()
        try:
            measure_unchanged(report, site, Path(folder))
            measure_sizes(report, engine, site)
            measure_wheel(report, site, Path(folder))
        finally:
            untag(site.reference)


def measure_unchanged(report: Report, site: Site, folder: Path) -> None:
    """The whole command, and what it asks of the engine."""
    docker, log = folder / "docker", folder / "calls"
    docker.write_text(_LOGGING.format(log=log, docker=shutil.which("docker")))
    docker.chmod(0o755)
    command = [sys.executable, "-m", "invoke", "images.build", "--spec", str(site.file)]
    times = []
    environment = {**os.environ, "DOCKER_CMD": str(docker)}
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    report.seconds("inv images.build, unchanged", statistics.median(times), GOAL_SECONDS)
    report.count("builds of the engine for it", log.read_text().count("buildx build"), 0)


def measure_sizes(report: Report, engine: Engine, site: Site) -> None:
    """Of each layer, unpacked, and of the whole."""
    facts, base = engine.image(site.reference), engine.image(TAGGED)
    assert facts
    assert base
    history = ["docker", "history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", site.reference]
    lines = subprocess.run(history, check=True, capture_output=True, text=True).stdout.splitlines()
    layers = [int(line.split()[0]) for line in lines if "RUN /bin/bash" in line][::-1]
    names = ["Java", *package_groups(load(site.file)), "the wheel"]
    for name, size in zip(names, layers, strict=True):
        report.megabytes(f"layer {name}", size / 1e6)
    report.megabytes("base of the tests", base.size / 1e6)
    report.megabytes("the image without deep learning", facts.size / 1e6, GOAL_MB)


def measure_wheel(report: Report, site: Site, folder: Path) -> None:
    """Which steps are built anew when `buunstack` has changed."""
    with _changed_wheel(folder / "sources"):
        stack = load(site.file)
        builder = Builder(stack, engine_of(stack), Options(), {}, {}, lambda _: None)
        (built,) = builder.build(ingredients(stack, site.file, chosen(stack, "")))
    report.count("steps built anew for a changed wheel", built.steps, 1)


@contextmanager
def _changed_wheel(sources: Path) -> Iterator[None]:
    before = wheel._ROOT
    shutil.copytree(ROOT / "buunstack", sources / "buunstack", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    with (sources / "buunstack" / "errors.py").open("a") as file:
        file.write(f"# {time.time()}\n")
    wheel._ROOT = sources
    try:
        yield
    finally:
        wheel._ROOT = before
