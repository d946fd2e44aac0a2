"""Keeps one token alive and hands it to the hub through a file. Touches the network, files, the clock."""

import asyncio
import contextlib
import logging
import math
import os
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.renewer.metrics import Metrics
from hub.renewer.options import Options
from hub.renewer.schedule import is_cut, pause, retry
from hub.vaulterrors import VaultDown, VaultError
from hub.vaulthttp import Answer, VaultHttp

log = logging.getLogger("renewer")


@dataclass
class Held:
    """The token in use; times are of `time.monotonic`."""

    token: str = field(repr=False)
    accessor: str
    lease_seconds: float
    ends: float
    due: float


class Keeper:
    """One source, one target, one Vault."""

    def __init__(self, options: Options, http: VaultHttp) -> None:
        """Touches nothing yet."""
        self._options, self._http = options, http
        self.metrics = Metrics()
        self.state = "starting"
        self._held: Held | None = None
        self._seen = ""
        """What the source held when it was refused: it is not tried again and again."""
        self._tried = ""
        self._failures = 0
        self._try_from = 0.0

    @property
    def has_token(self) -> bool:
        """Whether the hub has a token that lives, as far as is known."""
        return self._held is not None and time.monotonic() < self._held.ends

    async def run(self) -> None:
        """Work until the process ends."""
        while True:
            await self.step()
            await asyncio.sleep(self._pause())

    async def step(self) -> None:
        """Take over what is new in the source, and renew what is due."""
        waits = time.monotonic() < self._try_from
        try:
            token = self._source() or self._left_in_target()
            if self._is_new(token) and not (waits and token == self._tried):
                self._tried = token
                await self._adopt(token)
            elif self._held is not None and time.monotonic() >= self._held.due and not waits:
                await self._renew(self._held)
        except VaultError as error:
            self._failed(error)
        except OSError as error:
            self._say(f"{error.filename or self._options.target} cannot be written: {error.strerror}")
            self._later()

    def _source(self) -> str:
        """What is in the source now; an empty text when it is not there, which may last."""
        try:
            token = Path(self._options.source).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a text file"
            token, told = "", f"no token yet: {self._options.source}: {reason}"
        else:
            told = f"no token yet: {self._options.source} is empty"
        if not token and self._held is None:
            self._say(told)
        return token

    def _left_in_target(self) -> str:
        """What an earlier renewer handed over: good still where the source has gone."""
        if self._held is not None:
            return ""
        try:
            return Path(self._options.target).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def _is_new(self, token: str) -> bool:
        return bool(token) and token != self._seen and (self._held is None or token != self._held.token)

    async def _adopt(self, token: str) -> None:
        """Hand a new token over once Vault has accepted it; until then the one before goes on."""
        answer = await self._call("GET", "lookup-self", token)
        if answer.status != 200:
            self._seen = token
            kept = "the one before goes on" if self._held else "inv vault.apply makes another one"
            self._say(f"Vault refuses the token in {self._options.source} ({answer.reason}); {kept}")
            return
        life = answer.body["data"]
        now, endless = time.monotonic(), life.get("expire_time") is None
        ends = math.inf if endless else now + float(life["ttl"])
        held = Held(token, str(life["accessor"]), float(life["ttl"]), ends, now)
        if endless or not life.get("renewable"):
            held.due = math.inf
        else:
            await self._extend(held)
        self._write(token)
        self._held, self._seen, self._failures = held, token, 0
        self.metrics.near_cap.set(0)
        end = "never ends, which is a risk" if endless else f"ends in {held.lease_seconds:.0f} s unless it is renewed"
        cannot = "" if endless or life.get("renewable") else " and cannot be"
        self._say(f"in use: the token with accessor {held.accessor}, which {end}{cannot}")
        self._note()

    async def _renew(self, held: Held) -> None:
        before = held.lease_seconds
        if not await self._extend(held):
            # Dead, or not allowed: whatever the source holds now is tried once more.
            self._held, self._seen = None, ""
            self._say(f"Vault renews the token with accessor {held.accessor} no more; looking for another one")
            self._later()
            return
        self._failures = 0
        self._write(held.token)
        if is_cut(held.lease_seconds, before):
            self.metrics.near_cap.set(1)
            self._say(f"the token with accessor {held.accessor} nears its cap: {held.lease_seconds:.0f} s are left")
        else:
            self._say(f"renewed for {held.lease_seconds:.0f} s: the token with accessor {held.accessor}")
        self._note()

    async def _extend(self, held: Held) -> bool:
        """Renew; whether Vault did."""
        asked = time.monotonic()
        answer = await self._call("POST", "renew-self", held.token, {})
        self.metrics.renewals.labels("renewed" if answer.status == 200 else "refused").inc()
        if answer.status != 200:
            held.due = held.ends
            return False
        held.lease_seconds = float(answer.body["auth"]["lease_duration"])
        held.ends = asked + held.lease_seconds
        held.due = asked + pause(held.lease_seconds, random.random())  # noqa: S311 - only spreads requests
        self.metrics.success.set_to_current_time()
        return True

    async def _call(self, method: str, what: str, token: str, body: dict[str, Any] | None = None) -> Answer:
        return await self._http.call(method, f"auth/token/{what}", body, {"X-Vault-Token": token})

    def _write(self, token: str) -> None:
        """Whole or not at all: the hub may read at any moment."""
        target = Path(self._options.target)
        with contextlib.suppress(FileNotFoundError):
            if target.read_text("ascii") == token:
                return
        descriptor, fresh = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(token)
            Path(fresh).replace(target)
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise

    def _failed(self, error: VaultError) -> None:
        if isinstance(error, VaultDown):
            self.metrics.renewals.labels("unavailable").inc()
        left = "" if self._held is None else f"; {max(0.0, self._held.ends - time.monotonic()):.0f} s of life are left"
        self._say(f"{error}{left}")
        self._later()

    def _later(self) -> None:
        self._failures += 1
        left = 0.0 if self._held is None else self._held.ends - time.monotonic()
        self._try_from = time.monotonic() + retry(self._failures, left, random.random())  # noqa: S311

    def _pause(self) -> float:
        """Seconds until there may be something to do: the source is looked at again and again."""
        now = time.monotonic()
        due = math.inf if self._held is None else self._held.due - now
        return max(0.05, self._try_from - now, min(self._options.poll_seconds, due))

    def _say(self, text: str) -> None:
        """Once for each new state, not at each look."""
        if text != self.state:
            log.info("%s", text)
        self.state = text

    def _note(self) -> None:
        ends = 0.0 if self._held is None else self._held.ends
        self.metrics.expiry.set(ends if math.isinf(ends) else time.time() + ends - time.monotonic())
