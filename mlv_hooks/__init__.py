"""Git hooks that pair notebooks with scripts, on commit, and lose nothing."""

__version__ = "0.1.0"
