"""The program: ``mlv``, or ``python -m mlv_hooks``."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the command line, whose parts are loaded only when there is something to do."""
    from mlv_hooks.start import nothing_to_do

    if nothing_to_do(sys.argv[1:]):
        sys.exit(0)
    from mlv_hooks.cli import main

    main(prog_name="mlv")


if __name__ == "__main__":
    run()
