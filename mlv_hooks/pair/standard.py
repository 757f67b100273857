"""What jupytext does for most notebooks, told without loading it.

A Python notebook that says nothing to jupytext, and to us at most that it asks for a step, has one
``py:percent`` script beside it in a repository with the settings of ``mlv init`` or with none, and
the header of that script is known.
Whatever is not surely so is left to jupytext.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mlv_hooks.language import language

DEFAULT_FORMATS = "ipynb,auto:percent"
NOTEBOOK_FILTER = "kernelspec,mlv,-all"
CELL_FILTER = "tags,name,title,mlv,-all"

_SETTINGS = {
    "formats": DEFAULT_FORMATS,
    "notebook_metadata_filter": NOTEBOOK_FILTER,
    "cell_metadata_filter": CELL_FILTER,
}
# Keys of a notebook that its script does not show, and by which jupytext decides nothing.
_SILENT_WORDS = """
accelerator anaconda-cloud application/vnd.databricks.v1+notebook availableInstances celltoolbar
colab deepnote deepnote_execution_queue deepnote_notebook_id environment gpuClass hide_input
instance_type interpreter kaggle kernel_info language_info latex_envs livereveal nav_menu
nbTranslate nteract orig_nbformat papermill pycharm rise toc toc-autonumbering toc-showmarkdowntxt
toc-showtags toc_position varInspector vscode widgets
"""
_SILENT = frozenset(_SILENT_WORDS.split())
_KERNEL = ("display_name", "language", "name")
# Texts that YAML writes as they are: no number, date or other value, and short enough for a line.
_SIMPLE = re.compile(r"[A-Za-z](?:[\w.()+-]| (?! )){0,48}[\w)]", re.ASCII)
_YAML_WORDS = frozenset(["yes", "no", "on", "off", "true", "false", "null"])


def is_standard(metadata: Mapping[str, Any]) -> bool:
    """Say whether a notebook's metadata lets its script be the one beside it, as `header` says."""
    return header(metadata) is not None


def header(metadata: Mapping[str, Any]) -> list[str] | None:
    """Return the lines of the header that jupytext writes by our filters, None if not sure."""
    if metadata.keys() - _SILENT - {"mlv", "kernelspec"}:
        return None
    kernel, ours = _kernel(metadata), _ours(metadata)
    if kernel is None or ours is None:
        return None
    info = metadata.get("language_info", {})
    if language(metadata) != "python" or info.get("file_extension", ".py") != ".py":
        return None
    lines = [*kernel, *ours]
    return ["# ---", "# jupyter:", *lines, "# ---"] if lines else []


def _kernel(metadata: Mapping[str, Any]) -> list[str] | None:
    """Return the lines of the kernel, None for one that may not be Python's or be no simple text.

    Colab names no language, and what nbstripout left may name no kernel.
    """
    if "kernelspec" not in metadata:
        return []
    kernel = metadata["kernelspec"]
    if not isinstance(kernel, dict) or not {*_KERNEL} - {"language"} <= kernel.keys() <= {*_KERNEL}:
        return None
    if kernel.get("language", "python") != "python":
        return None
    named = [key for key in _KERNEL if key in kernel]
    if not all(isinstance(kernel[key], str) and _is_simple(kernel[key]) for key in named):
        return None
    return ["#   kernelspec:", *(f"#     {key}: {kernel[key]}" for key in named)]


def _ours(metadata: Mapping[str, Any]) -> list[str] | None:
    """Return the lines of what a notebook says to us, None for more than that it asks."""
    if "mlv" not in metadata:
        return []
    own = metadata["mlv"]
    asks = isinstance(own, dict) and own.keys() == {"step"} and own["step"] is True
    return ["#   mlv:", "#     step: true"] if asks else None


def _is_simple(text: str) -> bool:
    return _SIMPLE.fullmatch(text) is not None and text.lower() not in _YAML_WORDS


def are_settings_standard(found: tuple[str, bytes] | None) -> bool:
    """Say whether jupytext's settings, path and content, are ours or none."""
    return found is None or (found[0].endswith("jupytext.toml") and _are_ours(found[1]))


@lru_cache(maxsize=64)
def _are_ours(data: bytes) -> bool:
    from mlv_hooks.toml import loads

    try:
        settings = loads(data.decode())
    except ValueError:
        return False
    return settings.items() <= _SETTINGS.items() and "formats" in settings
