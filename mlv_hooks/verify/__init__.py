"""Run a notebook and its step, and compare what they wrote."""
