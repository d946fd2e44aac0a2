"""The program that builds, runs and pushes images: the only user of python-on-whales (Docker or Podman)."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import psutil

from apply.imagefacts import Build, Home, ImageFacts
from apply.run import found, last_lines, pieces, run
from spec.errors import StackError, TargetUnreachable, ToolMissing
from spec.model import Stack

COMMAND = "DOCKER_CMD"
"""The variable that names the program, as in buun-stack."""
SKOPEO = "skopeo"
"""Podman's sister program, which reads and copies what registries have."""
_HOME = "-home"


class EngineError(StackError):
    """The engine refused; the message has its own last words."""


class Engine:
    """One Docker or Podman."""

    def __init__(self, command: str) -> None:
        """Args: command: `docker`, `podman` or a path of one of them.

        Raises:
            ToolMissing: it is not there.
        """
        if found(command) is None:
            raise ToolMissing(
                f"{command} is not there, and images need it", hint=f"install {command}, or set {COMMAND}"
            )
        from python_on_whales import DockerClient

        self.command = command
        self._client = DockerClient(client_call=[command])
        self._streams: set[str] = set()

    @property
    def podman(self) -> bool:
        """Whether it is Podman, whose flags differ in places."""
        return "podman" in Path(self.command).name

    def image(self, name: str) -> ImageFacts | None:
        """What the engine has under a name or id; None without one."""
        from python_on_whales.exceptions import NoSuchImage

        with self._errors(f"looking at image {name}"):
            try:
                seen = self._client.image.inspect(name)
            except NoSuchImage:
                return None
        config: Any = seen.config
        return ImageFacts(
            id=str(seen.id).removeprefix("sha256:"),
            labels=dict(config.labels or {}) if config else {},
            digests=tuple(seen.repo_digests or ()),
            size=int(seen.size or 0),
            user=str(config.user or "") if config else "",
            environment=tuple(config.env or ()) if config else (),
            layers=tuple(seen.root_fs.layers or ()) if seen.root_fs else (),
        )

    def ensure(self, name: str) -> None:
        """Pull an image unless it is here.

        Raises:
            EngineError: its registry does not have it, or does not answer.
        """
        if self.image(name) is None:
            with self._errors(f"pulling {name}"):
                self._client.image.pull(name, quiet=True)

    def digest_with_login(self, name: str) -> str | None:
        """The digest that a registry tells to the engine's own login; None when it tells none. Docker alone can ask."""
        if self.podman:
            return None
        command = [self.command, "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", name]
        with contextlib.suppress(StackError):
            said = run(command, what=f"asking for the digest of {name}").strip()
            if said.startswith("sha256:"):
                return said
        return None

    def manifest_with_login(self, name: str, plain: bool) -> Any:
        """The manifest that a registry tells to the engine's own login, decoded; None when it tells none.

        Podman cannot ask for one that is no list; skopeo, where it is there, has the same login.
        """
        command = [self.command, "buildx", "imagetools", "inspect", "--raw", name]
        if self.podman:
            command = [SKOPEO, "inspect", "--raw", f"--tls-verify={str(not plain).lower()}", f"docker://{name}"]
        with contextlib.suppress(StackError, ValueError):
            return json.loads(run(command, what=f"asking for the manifest of {name}"))
        return None

    def digest(self, name: str) -> str | None:
        """The digest that a registry has for a name now, `sha256:…`; None when only this engine has the image.

        Raises:
            EngineError: it is neither here nor in a registry that answers.
        """
        if found := self.digest_with_login(name):
            return found
        self.ensure(name)
        facts = self.image(name)
        repository = name if ":" not in name.rpartition("/")[2] else name.rpartition(":")[0]
        known = [digest.partition("@") for digest in facts.digests] if facts else []
        return next((digest for place, _, digest in known if place in (repository, f"docker.io/{repository}")), None)

    def build(self, build: Build) -> Iterator[str]:
        """Build an image, giving its lines; when the caller stops to listen, the build is ended.

        Raises:
            EngineError: it failed.
        """
        with self._errors("the build"), self._stream(str(build.context)):
            lines = self._client.buildx.build(
                str(build.context),
                file=str(build.context / build.dockerfile),
                tags=list(build.tags),
                build_args=dict(build.arguments or {}),
                labels=dict(build.labels or {}),
                secrets=list(build.secrets),
                network=build.network,
                allow=["network.host"] if build.network == "host" and not self.podman else [],
                platforms=[build.platform] if build.platform else None,
                cache=build.cache,
                load=not self.podman,
                provenance=None if self.podman else False,
                progress="auto" if self.podman else "plain",
                stream_logs=True,
            )
            yield from cast("Iterator[str]", lines)

    def start(
        self,
        image: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        networks: Sequence[str] = ("none",),
        home: Home | None = None,
        user: str | None = None,
        entrypoint: str | None = None,
        name: str | None = None,
    ) -> str:
        """Start a container without capabilities or new privileges; its id.

        Args:
            name: for `remove`, when the caller is interrupted before it has the id; a home needs one.

        Raises:
            EngineError: it does not start.
        """
        with self._errors(f"starting {image}"):
            container = self._client.container.run(
                image,
                list(command),
                detach=True,
                envs=dict(environment),
                networks=list(networks),
                **self._home(home, name),
                user=user,
                entrypoint=entrypoint,
                name=name,
                cap_drop=["ALL"],
                security_options=["no-new-privileges"],
                pull="never",
            )
        return str(container.id)

    def _home(self, home: Home | None, name: str | None) -> dict[str, Any]:
        """Podman's tmpfs takes no owner, so there it is a volume, which `remove` removes."""
        if home is None:
            return {}
        if self.podman:
            return {"volumes": [(f"{name}{_HOME}", home.path, "nocopy,U")]}
        return {"tmpfs": [f"{home.path}:exec,uid={home.uid},gid={home.gid},mode=0700"]}

    def execute(self, container: str, command: Sequence[str]) -> tuple[bool, str]:
        """Run a command in a container; whether it ended well, and what it printed on both ways."""
        from python_on_whales.exceptions import DockerException

        try:
            said = self._client.container.execute(container, list(command))
        except DockerException as error:
            return False, "\n".join(text for text in (error.stdout, error.stderr) if text).strip()
        return True, str(said or "")

    def logs(self, container: str) -> str:
        """What a container has printed."""
        with self._errors("reading a container's log"):
            return str(self._client.container.logs(container))

    def remove(self, container: str) -> None:
        """End a container and remove it; one that is gone is fine."""
        from python_on_whales.exceptions import NoSuchContainer, NoSuchVolume

        with self._errors("removing a container"):
            with contextlib.suppress(NoSuchContainer):
                self._client.container.remove(container, force=True, volumes=True)
            if self.podman:
                with contextlib.suppress(NoSuchVolume):
                    self._client.volume.remove(f"{container}{_HOME}")

    def save(self, image: str) -> Iterator[bytes]:
        """An image as a tar archive, piece by piece.

        The library's own way reads line by line, leaves its pipes open, and gives the program 0.1 s to end.

        Raises:
            StackError: it cannot be read.
        """
        yield from pieces([self.command, "image", "save", image], what=f"reading {image}")

    @contextlib.contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        from python_on_whales.exceptions import DockerException

        try:
            yield
        except DockerException as error:
            said = error.stderr or error.stdout or ""
            tail = last_lines(said)
            if "cannot connect to the docker daemon" in said.lower() or "connection refused" in said.lower():
                hint = f"start it, or set DOCKER_HOST; {COMMAND}=podman takes another program"
                raise TargetUnreachable(
                    f"{what}: {self.command} has no engine that answers\n{tail}", hint=hint
                ) from None
            raise EngineError(
                f"{what} failed: {Path(self.command).name} ended with {error.return_code}\n{tail}"
            ) from None

    def end_streams(self) -> None:
        """End what still builds, for a caller that was interrupted while threads listen."""
        for marker in list(self._streams):
            _end(_children(marker))

    @contextlib.contextmanager
    def _stream(self, marker: str) -> Iterator[None]:
        """The library leaves a streaming program running when its reader goes away.

        Args:
            marker: an argument that this program alone has.
        """
        self._streams.add(marker)
        try:
            yield
        except BaseException:
            _end(_children(marker))
            raise
        finally:
            self._streams.discard(marker)


def engine_of(stack: Stack) -> Engine:
    """The engine that the stack file or the variable names."""
    return Engine(os.environ.get(COMMAND) or stack.images.builder)


def _children(marker: str) -> list[psutil.Process]:
    """Plug-ins of the program, which hold its output open, included."""
    return [child for child in psutil.Process().children(recursive=True) if _has(child, marker)]


def _has(process: psutil.Process, marker: str) -> bool:
    with contextlib.suppress(psutil.Error):
        return marker in process.cmdline()
    return False


def _end(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=10)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
