"""The program: ``mlv``, or ``python -m mlv_hooks``."""

from __future__ import annotations

import gc
import sys


def run() -> None:
    """Run the command line, whose parts are loaded only when there is something to do."""
    from mlv_hooks.start import look

    found = look(sys.argv[1:])
    if found and not found.changes:
        sys.exit(0)
    if found:
        from mlv_hooks.quick import sync

        code = sync(found, sys.argv[1:])
        if code is not None:
            sys.exit(code)
    # A run is short, and makes many values that stay: looking for garbage often is in vain.
    gc.set_threshold(100_000)
    from mlv_hooks.commands.cli import main

    main(prog_name="mlv")


if __name__ == "__main__":
    run()
