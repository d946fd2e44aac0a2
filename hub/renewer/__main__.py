"""Run the renewer until SIGTERM."""

import asyncio
import logging
import os
import sys

from hub.ending import told_to_stop
from hub.renewer.keeper import Keeper
from hub.renewer.options import Options, OptionsError
from hub.renewer.pages import application
from hub.vaulthttp import VaultHttp


async def serve(options: Options) -> None:
    """Keep the token and answer health checks, until a signal says stop.

    Raises:
        OSError: the port is taken.
    """
    keeper = Keeper(options, VaultHttp(options.address, options.ca_file, options.namespace))
    # A kubelet asks at the pod's own address.
    server = application(keeper).listen(options.port)
    work = asyncio.create_task(keeper.run())
    ended = asyncio.create_task(told_to_stop().wait())
    await asyncio.wait((work, ended), return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    if work.done():
        work.result()  # it never ends by itself: say why it did


def main() -> int:
    """Run the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    try:
        asyncio.run(serve(Options.of(os.environ)))
    except OptionsError as error:
        sys.stderr.write(f"renewer: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"renewer: its port cannot be used: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
