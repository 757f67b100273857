"""The module that does a notebook's work."""
