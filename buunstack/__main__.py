"""The entry of `python -m buunstack`."""

import sys

from buunstack.commands import main

raise SystemExit(main(sys.argv[1:]))
