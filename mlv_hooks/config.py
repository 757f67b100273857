"""The settings of a project: ``[tool.mlv]`` in pyproject.toml, or mlv.toml, in its folder.

Start-up time counts: the TOML reader is imported only when there is something of ours to read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from mlv_hooks.reporters import OUTPUT_FORMATS
from mlv_hooks.stage.dvc_files import DVC_FILE, LOCK_FILE, PARAMS_FILE

REQUIRE = ("stages", "all", "none")
OWN_FILE = "mlv.toml"
SHARED_FILE = "pyproject.toml"
PerFile = tuple[tuple[str, tuple[str, ...]], ...]
"""Pairs of a glob and the codes that are ignored in the files that it matches."""


class ConfigError(Exception):
    """The settings cannot be used; the text is one line that names file, key and remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project asks for; hashable, and equal settings have an equal ``repr``.

    ``root`` is the project's folder, from git's top. ``include`` and ``exclude`` are globs (see
    ``matches``), ``select`` and ``ignore`` are codes or their prefixes, ``per_file_ignores`` pairs
    a glob with such codes. ``require_parameters`` says which notebooks must have a cell tagged
    ``parameters_tag``: those that declare a stage or a step, all, or none; ``require_no_effect``
    the same of ``no_effect_tag`` on each cell that only looks. ``steps`` is where steps stand, from
    the root, as ``dvc_file`` and ``params_file``; ``{name}`` is made of the notebook's.
    ``builtins`` are names that a platform binds before the first cell.
    """

    include: tuple[str, ...] = ("**/*.ipynb",)
    exclude: tuple[str, ...] = ("**/.ipynb_checkpoints/**",)
    require_parameters: str = "stages"
    require_no_effect: str = "stages"
    parameters_tag: str = "parameters"
    no_effect_tag: str = "no-effect"
    builtins: tuple[str, ...] = ()
    steps: str = "steps/{name}.py"
    stage_generated: bool = True
    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: PerFile = ()
    output_format: str = "text"
    baseline: str = ".mlv-baseline.json"
    dvc_file: str = DVC_FILE
    params_file: str = PARAMS_FILE
    root: str = ""

    def covers(self, path: str) -> bool:
        """Say whether ``path`` (from git's top, with ``/``) is a notebook to look after."""
        if not path.endswith(".ipynb"):
            return False
        path = self.inside(path)
        return matches(self.include, path) and not matches(self.exclude, path)

    @property
    def depth(self) -> int:
        """How many folders the project's root is below git's top."""
        return self.root.count("/") + 1 if self.root else 0

    @property
    def files(self) -> dict[str, str]:
        """What the project has for dvc.yaml, dvc.lock and params.yaml, from its root."""
        lock = posixpath.join(posixpath.dirname(self.dvc_file), LOCK_FILE)
        return {DVC_FILE: self.dvc_file, LOCK_FILE: lock, PARAMS_FILE: self.params_file}

    @property
    def at_steps(self) -> str:
        """How the paths of all steps begin, from git's top."""
        return f"{self.root}/{self.steps}".lstrip("/").partition("{name}")[0]

    def inside(self, path: str) -> str:
        """Return a path from the project's root, given from git's top."""
        if not self.root:
            return path
        if path.startswith(f"{self.root}/"):
            return path[len(self.root) + 1 :]
        return posixpath.relpath(f"/{path}", f"/{self.root}")

    def at(self, path: str) -> str:
        """Return a path from git's top, given from the project's root."""
        return posixpath.normpath(posixpath.join(self.root, path)) if self.root else path


def load_settings(read: Callable[[str], bytes | None]) -> Settings:
    """Return the settings of the repository whose top-level files ``read`` gives (None: no file).

    Raises ConfigError.
    """
    return find_settings(read, "") or Settings()


def find_settings(read: Callable[[str], bytes | None], root: str) -> Settings | None:
    """Return the settings in a folder whose files ``read`` gives (None: no file), None without any.

    Raises ConfigError, also when both files hold settings: one would silently hide the other.
    """
    sources = [posixpath.join(root, name) for name in (OWN_FILE, SHARED_FILE)]
    texts = ((source, _decode(source, read(source))) for source in sources)
    tables = [(source, _table(text, source)) for source, text in texts if text is not None]
    found = [(source, table) for source, table in tables if table is not None]
    if len(found) > 1:
        raise ConfigError(f"{sources[0]} and [tool.mlv] in {sources[1]} both exist: keep one")
    return _settings(found[0][1], found[0][0], root) if found else None


def parse_settings(text: str, source: str) -> Settings:
    """Return the settings in ``text``, the content of ``source`` (mlv.toml or pyproject.toml).

    Raises ConfigError for broken TOML, unknown keys, wrong types and unknown codes.
    """
    return _settings(_table(text, source) or {}, source)


def codes_of(words: Iterable[str], where: str) -> tuple[str, ...]:
    """Return the codes and prefixes that ``words`` say; the name of a rule is its code.

    Raises ConfigError, its text starting with ``where``, for a word that selects no rule.
    """
    words = tuple(words)
    if all(word == "ALL" for word in words):
        return words
    from mlv_hooks.rules import all_rules

    names = {rule.name: rule.code for rule in all_rules()}
    for word in words:
        known = word == "ALL" or word in names
        if not known and not (word and any(one.startswith(word) for one in names.values())):
            near = nearest(word, [*names.values(), *names])
            raise ConfigError(f"{where}: no rule {word!r}, did you mean {near!r}? See `mlv rule`")
    return tuple(names.get(word, word) for word in words)


# --- globs


def matches(globs: tuple[str, ...], path: str) -> bool:
    """Say whether one of ``globs`` matches ``path`` or a folder that holds it.

    As in .gitignore: relative to the top, ``**`` spans folders, and a glob without a slash
    matches in any folder.
    """
    return _regex(globs).fullmatch(path) is not None


# Anything else in brackets stands for itself, as in "notebooks/[old]!/".
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?(?:\w-\w|[\w. ])+\]|.", re.DOTALL)
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@cache
def _regex(globs: tuple[str, ...]) -> re.Pattern[str]:
    bodies = "|".join(map(_translate, globs))
    return re.compile(f"(?:{bodies})(?:/.*)?" if globs else r"(?!)", re.DOTALL)


def _translate(glob: str) -> str:
    anchored = "/" in glob.rstrip("/")
    body = glob.removeprefix("./").strip("/")
    return "".join(map(_token, _TOKEN.findall(body if anchored else f"**/{body}")))


def _token(token: str) -> str:
    if token.startswith("[") and len(token) > 1:
        return token.replace("[!", "[^/", 1)
    return _WILD.get(token) or re.escape(token)


# --- values


def _settings(table: dict[str, Any], source: str, root: str = "") -> Settings:
    where = source if source.endswith(OWN_FILE) else f"{source}: [tool.mlv]"
    for key in sorted(_OF_RUN & table.keys()) if root else ():
        raise ConfigError(f"{where}: {key!r} is about all projects: set it at git's top")
    values = {key: _value(key, value, where) for key, value in table.items()}
    for key in _CODE_KEYS & values.keys():
        values[key] = codes_of(values[key], f"{where}: {key!r}")
    values["per-file-ignores"] = tuple(
        (glob, codes_of(codes, f"{where}: 'per-file-ignores' of {glob!r}"))
        for glob, codes in values.get("per-file-ignores", ())
    )
    # There is no other file that one extends: the longer prefix wins in both lists.
    for key, default in (("select", Settings().select), ("ignore", ())):
        values[key] = (*values.get(key, default), *values.pop(f"extend-{key}", ()))
    named = {key.replace("-", "_"): value for key, value in values.items()}
    settings = Settings(**named, root=root)
    if settings.parameters_tag == settings.no_effect_tag:
        raise ConfigError(f"{where}: 'parameters-tag' and 'no-effect-tag' must differ")
    return settings


def _value(key: str, value: object, where: str) -> Any:
    if key not in _KEYS:
        raise ConfigError(f"{where}: unknown key {key!r}, did you mean {nearest(key, _KEYS)!r}?")
    wanted, convert = _KEYS[key]
    converted = convert(value)
    if converted is None:
        raise ConfigError(f"{where}: {key!r} must be {wanted}, not {_short(value)}")
    return converted


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _strings(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    return None


def _strings_of(good: Callable[[str], bool]) -> Callable[[object], tuple[str, ...] | None]:
    def convert(value: object) -> tuple[str, ...] | None:
        texts = _strings(value)
        return texts if texts is not None and all(map(good, texts)) else None

    return convert


def is_glob(glob: str) -> bool:
    """Say whether a text is a glob for ``matches``, of files below the top."""
    try:
        _regex((glob,))
    except re.error:
        return False
    return glob.strip("./") != "" and ".." not in glob.split("/")


def _ignores(value: object) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    if not isinstance(value, dict):
        return None
    pairs = tuple((glob, _strings(codes)) for glob, codes in value.items() if is_glob(glob))
    good = tuple((glob, codes) for glob, codes in pairs if codes is not None)
    return good if len(good) == len(value) else None


def _one_of(words: tuple[str, ...]) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in words else None


def _words(words: tuple[str, ...]) -> str:
    *most, last = (f'"{one}"' for one in words)
    return f"{', '.join(most)} or {last}"


def _tag(value: object) -> str | None:
    good = isinstance(value, str) and value == value.strip() and value.isprintable() and value
    return str(value) if good else None


def _step_pattern(value: object) -> str | None:
    good = isinstance(value, str) and _MODULE.fullmatch(value)
    return str(value) if good else None


def _file(is_named: Callable[[str], bool]) -> Callable[[object], str | None]:
    """Return what takes the path of a file in the project whose name is a good one."""

    def convert(value: object) -> str | None:
        if not isinstance(value, str) or not value.isprintable() or "\\" in value:
            return None
        parts = value.split("/")
        return value if is_named(parts[-1]) and not {"", ".", ".."} & {*parts} else None

    return convert


_MODULE = re.compile(r"(?:[^\W\d]\w*/)*(?:[^\W\d]\w*)?\{name\}\w*\.py", re.ASCII)
_GLOBS = "a list of globs relative to the project's folder"
_CODES = 'a list of codes such as ["MLV301"]'
_TAG = 'a tag as Jupyter shows it, such as "parameters"'
_STEPS = 'a module that Python can import, such as "steps/{name}.py"'
_KEYS: dict[str, tuple[str, Callable[[object], object]]] = {
    "include": (_GLOBS, _strings_of(is_glob)),
    "exclude": (_GLOBS, _strings_of(is_glob)),
    "require-parameters": (_words(REQUIRE), _one_of(REQUIRE)),
    "require-no-effect": (_words(REQUIRE), _one_of(REQUIRE)),
    "parameters-tag": (_TAG, _tag),
    "no-effect-tag": (_TAG, _tag),
    "builtins": ('a list of names such as ["spark"]', _strings_of(str.isidentifier)),
    "steps": (_STEPS, _step_pattern),
    "stage-generated": ("true or false", _flag),
    "select": (_CODES, _strings),
    "ignore": (_CODES, _strings),
    "extend-select": (_CODES, _strings),
    "extend-ignore": (_CODES, _strings),
    "per-file-ignores": ('a table such as {"old/*.ipynb" = ["MLV301"]}', _ignores),
    "baseline": (
        'a .json file below the top, such as ".mlv-baseline.json"',
        _file(lambda name: name.endswith(".json")),
    ),
    "dvc-file": (
        'a file dvc.yaml in the project, such as "pipelines/dvc.yaml"',
        _file(lambda name: name == DVC_FILE),
    ),
    "params-file": (
        'a .yaml file in the project, such as "config/params.yaml"',
        _file(lambda name: name.endswith((".yaml", ".yml")) and name != DVC_FILE),
    ),
    "output-format": (_words(OUTPUT_FORMATS), _one_of(OUTPUT_FORMATS)),
}


_CODE_KEYS = {"select", "ignore", "extend-select", "extend-ignore"}
_OF_RUN = {"stage-generated", "output-format", "baseline"}


# --- TOML


def _table(text: str, source: str) -> dict[str, Any] | None:
    """Return our table in ``text``, None when there is none."""
    if source.endswith(OWN_FILE):
        table = _toml(text, source)
        if "tool" in table:
            raise ConfigError(f"{source}: write the keys alone, [tool.mlv] is for {SHARED_FILE}")
        return table
    tool = _toml(text, source).get("tool") if _mentions_us(text) else None
    own = tool.get("mlv") if isinstance(tool, dict) else None
    if own is None or isinstance(own, dict):
        return own
    raise ConfigError(f"{source}: [tool.mlv] must be a table, not {_short(own)}")


def _mentions_us(text: str) -> bool:
    """Say whether the TOML reader may find us: any spelling of the table, not "mlv-hooks"."""
    spelled = r"""tool["'\s]*\.["'\s]*mlv\b|(?:^|[{,])\s*["']?mlv["']?\s*[.=]"""
    return "mlv" in text and re.search(spelled, text, re.MULTILINE) is not None


def _toml(text: str, source: str) -> dict[str, Any]:
    from mlv_hooks.toml import loads

    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source} is not valid TOML: {error}") from None


def _decode(source: str, data: bytes | None) -> str | None:
    if data is None or (not source.endswith(OWN_FILE) and b"mlv" not in data):
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{source} is not UTF-8 (line {line}): save it as UTF-8") from None


def nearest(word: str, known: Iterable[str], least: float = 0) -> str:
    """Return which of the known words is most like ``word``, empty when there is none.

    ``least``: how like it must be, from 0 to 1, the same.
    """
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=least)), "")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
