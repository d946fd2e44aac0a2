"""Many that begin at once leave the loop its other work in between."""

import asyncio

from hub.turns import Turns


async def _passes(jobs: list[asyncio.Task[None]]) -> int:
    """How often the loop comes round until all jobs are done."""
    passes = 0
    while not all(job.done() for job in jobs):
        passes += 1
        await asyncio.sleep(0)
    return passes


def test_each_has_a_pass_of_the_loop_of_its_own_in_the_order_of_asking() -> None:
    order: list[int] = []

    async def storm() -> int:
        turns = Turns()

        async def one(number: int) -> None:
            await turns.wait()
            order.append(number)

        return await _passes([asyncio.create_task(one(number)) for number in range(50)])

    assert asyncio.run(storm()) >= 50
    assert order == list(range(50))


def test_one_who_comes_alone_waits_for_nobody() -> None:
    async def now_and_later() -> list[int]:
        turns = Turns()
        found = []
        for _ in range(2):
            found.append(await _passes([asyncio.create_task(turns.wait())]))
            await asyncio.sleep(0.01)
        return found

    assert max(asyncio.run(now_and_later())) <= 2


def test_one_who_gives_up_holds_up_nobody() -> None:
    async def storm() -> None:
        turns = Turns()
        jobs = [asyncio.create_task(turns.wait()) for _ in range(20)]
        await asyncio.sleep(0)
        for job in jobs[5:15]:
            job.cancel()
        await asyncio.wait_for(asyncio.gather(*jobs, return_exceptions=True), 5)
        assert [job.cancelled() for job in jobs] == [5 <= number < 15 for number in range(20)]

    asyncio.run(storm())
