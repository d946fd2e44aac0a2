"""A build's log: the steps as they begin, the last lines of the one that failed; logs are of real builds."""

from apply.buildlog import BuildLog

BUILDKIT = """\
#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 2.19kB done
#1 DONE 0.0s

#5 [1/3] FROM docker.io/local/notebook:1
#5 DONE 0.0s

#6 [2/3] RUN echo one
#6 0.231 one
#6 DONE 0.4s

#7 [3/3] RUN python -m pip install --no-deps --requirement /tmp/packages.txt --and-a-long-tail --and-a-long-tail
#7 0.812 ERROR: Could not find a version that satisfies the requirement nothing==1
#7 0.913 ERROR: No matching distribution found for nothing==1
#7 ERROR: process "/bin/sh -c python -m pip install" did not complete successfully: exit code: 1
#7 [3/3] RUN python -m pip install --no-deps --requirement /tmp/packages.txt --and-a-long-tail --and-a-long-tail
#7 ERROR: process "/bin/sh -c python -m pip install" did not complete successfully: exit code: 1
------
 > [3/3] RUN python -m pip install:
------
"""
PODMAN = """\
STEP 1/4: FROM local/notebook:1
STEP 2/4: RUN echo one
one
--> 1b0c6d1a2f0
STEP 3/4: RUN echo two
--> Using cache 2b0c6d1a2f02b0c6d1a2f02b0c6d1a2f02b0c6d1a2f02b0c6d1a2f0
--> 2b0c6d1a2f0
STEP 4/4: RUN false
lost
"""


def read(text: str) -> tuple[BuildLog, list[str]]:
    log = BuildLog()
    return log, [step for line in text.splitlines() if (step := log.step(line))]


def test_the_steps_of_buildkit_are_told_once_and_shortened() -> None:
    _log, steps = read(BUILDKIT)

    assert [step.split("]")[0] for step in steps] == ["[1/3", "[2/3", "[3/3"]
    assert steps[2].endswith("…")
    assert len(steps[2]) < 110


def test_steps_of_the_cache_do_not_count_as_built() -> None:
    log, _ = read(BUILDKIT)

    assert log.built == 1


def test_the_failing_step_is_named_with_what_it_said() -> None:
    log, _ = read(BUILDKIT)

    title, *lines = log.failure().splitlines()
    assert title.startswith("[3/3] RUN python -m pip install")
    assert "No matching distribution found for nothing==1" in lines[-1]


def test_podman_fails_in_its_last_step() -> None:
    log, steps = read(PODMAN)

    assert steps == ["[1/4] FROM local/notebook:1", "[2/4] RUN echo one", "[3/4] RUN echo two", "[4/4] RUN false"]
    assert log.failure() == "[4/4] RUN false\nlost"
    assert log.built == 1


def test_a_log_without_steps_has_no_failure_to_tell() -> None:
    assert read("error: no engine\n")[0].failure() == ""
