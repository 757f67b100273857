"""``python -m mlv_hooks``: the same as ``mlv``."""

from mlv_hooks.cli import main

if __name__ == "__main__":
    main(prog_name="mlv")
