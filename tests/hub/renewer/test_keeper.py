"""The renewer against a real OpenBao: what the hub finds in its file, whatever happens to Vault and to the source."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado import web

from hub.renewer.keeper import Keeper
from hub.renewer.options import Options, OptionsError
from hub.vaulthttp import VaultHttp
from tests.hub.relay import bad_line
from tests.hub.renewer.bench import Bench
from tests.hub.vaultside import VaultSide
from tests.openbao import OpenBao, certificates, free_port


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """A server that ends every token after 4 s unless it is periodic."""
    with OpenBao(tmp_path_factory.mktemp("short"), max_lease_ttl="4s") as bao:
        yield bao


@pytest.fixture
def bench(vault: VaultSide, tmp_path: Path) -> Bench:
    return Bench(vault.bao, tmp_path)


def test_a_periodic_token_outlives_the_servers_own_maximum(short: OpenBao, tmp_path: Path) -> None:
    bench = Bench(short, tmp_path)
    token = bench.give(period="1s")

    async def story() -> None:
        await bench.until(lambda: bench.handed() == token)
        end = time.monotonic() + 6
        while time.monotonic() < end:
            assert bench.lives(token), bench.keeper.state
            await asyncio.sleep(0.2)

    bench.run(story)
    assert bench.keeper.has_token


def test_a_capped_token_is_warned_of_before_it_ends(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "renewer")
    bench.give(ttl="2s", explicit_max_ttl="3s")

    async def story() -> None:
        await bench.until(lambda: "nears its cap" in caplog.text)
        assert bench.keeper.has_token
        await bench.until(lambda: "Vault refuses the token" in bench.keeper.state)

    bench.run(story)
    assert not bench.keeper.has_token


def test_a_source_that_comes_late_is_waited_for(bench: Bench) -> None:
    async def story() -> None:
        await bench.until(lambda: "no token yet" in bench.keeper.state)
        assert not bench.handed()
        token = bench.give(period="1h")
        await bench.until(lambda: bench.handed() == token)

    bench.run(story)


def test_a_new_token_in_the_source_is_taken_over_and_a_refused_one_is_not(bench: Bench) -> None:
    first = bench.give(period="1h")

    async def story() -> None:
        await bench.until(lambda: bench.handed() == first)
        bench.source.write_text("s.notAtokenNotAtokenNotAtok")
        await bench.until(lambda: "the one before goes on" in bench.keeper.state)
        assert bench.handed() == first
        second = bench.give(period="1h")
        await bench.until(lambda: bench.handed() == second)

    bench.run(story)


def test_after_a_refused_renewal_the_source_is_looked_at_again(bench: Bench) -> None:
    first = bench.give(period="2s")

    async def story() -> None:
        await bench.until(lambda: bench.handed() == first)
        bench.bao.ok("POST", "auth/token/revoke", body={"token": first})
        await bench.until(lambda: "inv vault.apply makes another one" in bench.keeper.state)
        second = bench.give(period="1h")
        await bench.until(lambda: bench.handed() == second)

    bench.run(story)


def test_a_refused_token_is_not_asked_for_again_and_again(bench: Bench) -> None:
    bench.source.write_text("s.notAtokenNotAtokenNotAtok")

    async def story() -> None:
        await bench.until(lambda: "Vault refuses the token" in bench.keeper.state)
        before = len(bench.bao.requests_seen())
        await asyncio.sleep(1)
        assert len(bench.bao.requests_seen()) == before

    bench.run(story)


def test_a_source_that_goes_leaves_the_token_that_was_handed_over(bench: Bench) -> None:
    token = bench.give(period="2s")

    async def handed_over() -> None:
        await bench.until(lambda: bench.handed() == token)

    async def goes_on() -> None:
        bench.source.unlink()
        await bench.until(lambda: bench.keeper.has_token)
        end = time.monotonic() + 3
        while time.monotonic() < end:
            assert bench.lives(token)
            await asyncio.sleep(0.1)

    bench.run(handed_over)
    bench.keeper = Keeper(bench.options, VaultHttp(bench.options.address, bench.options.ca_file))
    bench.run(goes_on)


def test_a_sealed_vault_is_waited_out_within_what_is_left(vault: VaultSide, bench: Bench) -> None:
    token = bench.give(period="6s")

    async def story() -> None:
        await bench.until(lambda: bench.handed() == token)
        with vault.sealed():
            await bench.until(lambda: "sealed" in bench.keeper.state)
        await bench.until(lambda: bench.keeper.state.startswith("renewed"))
        assert bench.lives(token)

    bench.run(story)
    assert b'renewals_total{outcome="unavailable"}' in bench.keeper.metrics.text()


@pytest.mark.parametrize("status", [429, 500])
def test_an_answer_that_is_weather_is_tried_again(bench: Bench, status: int, tmp_path: Path) -> None:
    port = free_port()
    other = Bench(bench.bao, tmp_path, VAULT_ADDR=f"http://127.0.0.1:{port}")
    token = other.give(period="1h")

    class Weather(web.RequestHandler):
        def prepare(self) -> None:
            self.send_error(status)

    async def story() -> None:
        server = web.Application([(".*", Weather)]).listen(port, "127.0.0.1")
        await other.until(lambda: str(status) in other.keeper.state)
        assert not other.handed()
        server.stop()

    other.run(story)
    assert token not in other.keeper.state


def test_a_vault_that_never_answers_does_not_stop_the_renewer(bench: Bench, tmp_path: Path) -> None:
    async def story() -> None:
        async with bad_line(bench.bao.port, hangs=True) as address:
            other = Bench(bench.bao, tmp_path, VAULT_ADDR=address)
            other.give(period="1h")
            work = asyncio.create_task(other.keeper.run())
            await other.until(lambda: "Timeout" in other.keeper.state)
            work.cancel()

    asyncio.run(story())


def test_a_certificate_of_somebody_else_is_said(bench: Bench, tmp_path: Path) -> None:
    other = Bench(bench.bao, tmp_path, VAULT_CACERT=str(certificates(tmp_path / "others").ca))
    other.give(period="1h")

    async def story() -> None:
        await other.until(lambda: "is not trusted" in other.keeper.state)
        assert not other.handed()

    other.run(story)


def test_a_target_that_cannot_be_written_is_said_and_tried_again(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    other = Bench(bench.bao, tmp_path, RENEWER_TARGET=str(folder / "target"))
    token = other.give(period="1h")

    async def story() -> None:
        await other.until(lambda: "cannot be written" in other.keeper.state)
        folder.mkdir()
        await other.until(lambda: (folder / "target").exists())

    other.run(story)
    assert (folder / "target").read_text() == token


def test_the_file_is_its_owners_alone_and_has_nothing_beside_it(bench: Bench) -> None:
    token = bench.give(period="1h")

    async def story() -> None:
        await bench.until(lambda: bench.handed() == token)

    bench.run(story)
    assert bench.target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in bench.target.parent.iterdir()) == ["source", "target"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ttl": "1h", "renewable": False}, "unless it is renewed and cannot be"),
        ({"policies": ["root"]}, "never ends, which is a risk"),
    ],
)
def test_a_token_that_cannot_be_renewed_is_handed_over_and_said(
    bench: Bench, options: dict[str, Any], said: str
) -> None:
    token = bench.give(**options)

    async def story() -> None:
        await bench.until(lambda: bench.handed() == token)

    bench.run(story)
    assert said in bench.keeper.state


def test_no_token_is_in_a_log_a_state_or_a_number(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token = bench.give(period="1s")

    async def story() -> None:
        await bench.until(lambda: bench.keeper.state.startswith("renewed"))

    bench.run(story)
    shown = (
        caplog.text + bench.keeper.state + bench.keeper.metrics.text().decode() + repr(bench.keeper.__dict__["_held"])
    )
    assert "accessor" in shown
    assert token not in shown


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"VAULT_ADDR": ""}, "VAULT_ADDR is not set"),
        ({"RENEWER_SOURCE": ""}, "RENEWER_SOURCE is not set"),
        ({"RENEWER_POLL_SECONDS": "soon"}, "RENEWER_POLL_SECONDS is 'soon'"),
        ({"RENEWER_HEALTH_PORT": "-1"}, "RENEWER_HEALTH_PORT is '-1'"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(changes: dict[str, str], said: str) -> None:
    environ = {"VAULT_ADDR": "https://a", "RENEWER_SOURCE": "/a", "RENEWER_TARGET": "/b", **changes}

    with pytest.raises(OptionsError, match=said):
        Options.of(environ)
