"""Where the scripts of a notebook live, by the repository's own jupytext configuration.

jupytext itself looks for its configuration in all parent folders and in the user's home; here
only the folders between the notebook and the repository's top count, so that a commit gives the
same bytes on every machine.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.language import language
from mlv_hooks.pair.standard import (
    CELL_FILTER,
    DEFAULT_FORMATS,
    NOTEBOOK_FILTER,
    are_settings_standard,
    is_standard,
)

if TYPE_CHECKING:
    from jupytext.config import JupytextConfiguration

Read = Callable[[str], "bytes | None"]

_NAMES = [f"jupytext{end}" for end in ("", ".toml", ".yml", ".yaml", ".json")]
CONFIG_NAMES = (*_NAMES, *(f".{name}" for name in _NAMES), ".jupytext.py")
PYPROJECT = "pyproject.toml"


class FormatError(ValueError):
    """The pair of a notebook cannot be told; ``diagnostic`` says why and what to do."""

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(code, message, Location(path))


@dataclass(frozen=True, slots=True)
class ScriptFormat:
    """One script of a notebook: its path, jupytext's long form of the format, and the settings.

    ``config`` is jupytext's, with our metadata filters where nobody set others. Of a ``standard``
    one `standard.header` tells the header, and `percent.script` the text.
    """

    path: str
    extension: str
    format_name: str | None
    explicit: bool
    filters: tuple[bool, bool]
    found: tuple[str, bytes] | None
    standard: bool = False

    @property
    def config(self) -> JupytextConfiguration:
        """The settings of jupytext; loads it."""
        return _with_filters(self.found, *self.filters)

    @property
    def long_form(self) -> dict[str, str]:
        """The format as jupytext's functions take it."""
        name = {"format_name": self.format_name} if self.format_name else {}
        return {"extension": self.extension, **name}


def is_config(path: str) -> bool:
    """Say whether ``path`` is named like a file that jupytext takes its configuration from."""
    name = posixpath.basename(path)
    return name in CONFIG_NAMES or name == PYPROJECT


def script_formats(notebook: str, metadata: Mapping[str, Any], read: Read) -> list[ScriptFormat]:
    """Return the scripts of the notebook at path ``notebook``, none when it asks for none.

    ``read`` gives the content of a path of the repository. Raises FormatError.
    """
    found = _find_config(posixpath.dirname(notebook), read)
    stem, end = posixpath.splitext(notebook)
    if end == ".ipynb" and are_settings_standard(found) and is_standard(metadata):
        return [
            ScriptFormat(f"{stem}.py", ".py", "percent", bool(found), (True, True), found, True)
        ]
    from jupytext.config import JupytextConfigurationError, notebook_formats
    from jupytext.formats import JupytextFormatError, long_form_multiple_formats
    from jupytext.paired_paths import InconsistentPath

    config = _load_config(*found) if found else None
    own = metadata.get("jupytext", {})
    try:
        known = _with_extension(metadata)
        formats = notebook_formats({"metadata": known}, config, notebook, False)
        explicit = bool(formats)
        formats = formats or long_form_multiple_formats(DEFAULT_FORMATS, known)
        pairs = _paired_paths(notebook, formats) if _has_notebook(formats) else []
    except InconsistentPath as error:
        reason = " ".join(str(error).split())
        message = f"{reason.rstrip('. ')}: mend jupytext's formats"
        raise FormatError("MLV007", notebook, message) from None
    except (JupytextConfigurationError, JupytextFormatError, *_DATA_ERRORS) as error:
        where = found[0] if found and not own else notebook
        reason = " ".join(str(error).split())
        raise FormatError("MLV008", where, f"{reason}: mend jupytext's formats") from None
    for _, fmt in pairs:
        _require_program(fmt, notebook)
    filters = ("notebook_metadata_filter" not in own, "cell_metadata_filter" not in own)
    return [
        ScriptFormat(
            *(_inside(path, notebook), fmt["extension"], fmt.get("format_name"), explicit),
            *(filters, found),
        )
        for path, fmt in pairs
        if fmt["extension"] != ".ipynb"
    ]


# What jupytext raises for formats of another type than it expected, anywhere in its code.
_DATA_ERRORS = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def _paired_paths(notebook: str, formats: list[dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    """Return the paths of a notebook's pair as jupytext does, but for what lies around us.

    For a format with a prefix jupytext asks on its own where a configuration is, as far up as
    the user's home, and fails when some file there is broken. With our relative paths the answer
    changes nothing else: so it is always that there is none.
    """
    from jupytext import paired_paths

    search = paired_paths.find_jupytext_configuration_file
    paired_paths.find_jupytext_configuration_file = lambda folder: None
    try:
        pairs: list[tuple[str, dict[str, str]]] = paired_paths.paired_paths(
            notebook, ".ipynb", formats
        )
    finally:
        paired_paths.find_jupytext_configuration_file = search
    return pairs


def _with_extension(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return metadata by which jupytext knows what ``auto`` means.

    It leaves ``auto`` out where neither the extension nor the kernel's language stands there, and
    then takes the notebook as one without a pair: all that Colab saved.
    """
    from jupytext.formats import auto_ext_from_metadata

    if auto_ext_from_metadata(metadata):
        return metadata
    named = {"kernelspec": {"language": language(metadata)}}
    extension = auto_ext_from_metadata(named) or ".py"
    info = {**metadata.get("language_info", {}), "file_extension": extension}
    return {**metadata, "language_info": info}


def _require_program(fmt: Mapping[str, str], notebook: str) -> None:
    """Raise FormatError when jupytext needs a program for this format that is not installed."""
    from shutil import which

    program = {".qmd": "quarto"}.get(fmt["extension"], fmt.get("format_name", ""))
    if program in ("quarto", "pandoc") and which(program) is None:
        message = f"its script needs {program}: install it, or mend jupytext's formats"
        raise FormatError("MLV008", notebook, message)


def _has_notebook(formats: list[dict[str, str]]) -> bool:
    return any(fmt["extension"] == ".ipynb" for fmt in formats) and len(formats) > 1


def _inside(path: str, notebook: str) -> str:
    normal = posixpath.normpath(path)
    if normal.startswith(("../", "/")) or normal == "..":
        message = f"its script {path} lies outside the repository: mend jupytext's formats"
        raise FormatError("MLV007", notebook, message)
    return normal


def _find_config(folder: str, read: Read) -> tuple[str, bytes] | None:
    while True:
        for name in CONFIG_NAMES:
            path = posixpath.join(folder, name)
            data = read(path)
            if data is not None:
                return path, data
        path = posixpath.join(folder, PYPROJECT)
        data = read(path)
        if data is not None and b"jupytext" in data and _sets_jupytext(path, data):
            return path, data
        if not folder:
            return None
        folder = posixpath.dirname(folder)


@lru_cache(maxsize=64)
def _sets_jupytext(path: str, data: bytes) -> bool:
    from mlv_hooks.toml import loads

    try:
        tool = loads(data.decode()).get("tool", {})
    except ValueError as error:
        raise FormatError("MLV008", path, f"is broken ({error}): mend it") from None
    return "jupytext" in tool


@lru_cache(maxsize=64)
def _load_config(path: str, data: bytes) -> JupytextConfiguration:
    if path.endswith(".py"):
        message = "jupytext's settings as Python code are not run here: write them to jupytext.toml"
        raise FormatError("MLV008", path, message)
    import warnings

    import jupytext.config
    from jupytext.formats import JupytextFormatError, long_form_multiple_formats
    from traitlets import TraitError
    from yaml import YAMLError

    try:
        with warnings.catch_warnings():
            # What jupytext warns of, an unknown key, it refuses as well.
            warnings.simplefilter("ignore")
            config: JupytextConfiguration = jupytext.config.load_jupytext_configuration_file(
                path, data.decode()
            )
        for formats in config.formats:
            long_form_multiple_formats(formats)
    except (ValueError, TypeError, TraitError, YAMLError, JupytextFormatError) as error:
        reason = " ".join(str(error).split())
        raise FormatError("MLV008", path, f"jupytext cannot use it ({reason}): mend it") from None
    except AttributeError:
        # An empty file gives jupytext no settings at all.
        return jupytext.config.JupytextConfiguration()
    return config


@lru_cache(maxsize=64)
def _with_filters(
    found: tuple[str, bytes] | None, filter_notebook: bool, filter_cells: bool
) -> JupytextConfiguration:
    from copy import copy

    from jupytext.config import JupytextConfiguration

    config = copy(_load_config(*found)) if found else JupytextConfiguration()
    if filter_notebook and not config.notebook_metadata_filter:
        config.notebook_metadata_filter = NOTEBOOK_FILTER
    if filter_cells and not config.cell_metadata_filter:
        config.cell_metadata_filter = CELL_FILTER
    return config
