"""The command line of a step: the text of its ``main(argv=None)``, standard library only."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mlv_hooks.declared.options import Spelling, spellings
from mlv_hooks.declared.parameter_types import Type
from mlv_hooks.declared.parameters import Parameter, Parameters
from mlv_hooks.step.readers import HELPERS, IMPORTS, METAVARS, OPTIONAL, READERS
from mlv_hooks.step.spelling import rebase, spell, text_literal


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The parts of a module that make its command line.

    ``imports`` are statements, sorted; ``helpers`` and ``main`` are definitions. ``signature`` has
    one argument of the step's function each; ``fresh`` are the statements at its start that give
    each call its own lists and dicts.
    """

    imports: tuple[str, ...]
    helpers: str
    main: str
    signature: tuple[str, ...]
    fresh: tuple[str, ...]


def main_function(
    function: str,
    parameters: Parameters | None,
    *,
    prog: str,
    folder: str = "",
    name: str = "main",
    taken: Collection[str] = (),
) -> CommandLine:
    """Return the command line that calls ``function``.

    ``prog`` is what to type, for the help. ``folder`` is the notebook's, from the project's root:
    defaults of path parameters count from the root. ``taken`` are names that the module gives
    another meaning; imports and helpers then get another name.
    """
    writer = _Writer(folder, frozenset({*taken, function, name}))
    found = parameters.parameters if parameters else ()
    summary = parameters.summary if parameters else ""
    main = writer.main(function, name, prog, summary, found)
    signature = tuple(writer.argument(one) for one in found)
    fresh = tuple(line for one in found for line in writer.fresh(one))
    return CommandLine(writer.import_lines(), writer.helper_text(), main, signature, fresh)


class _Writer:
    """Writes the parts, and notes which imports and helpers they need."""

    def __init__(self, folder: str, taken: frozenset[str]) -> None:
        self.folder = folder
        self.taken = taken
        self.imported: dict[str, str] = {}
        self.helpers: dict[str, str] = {}

    # --- what is needed

    def use(self, name: str) -> str:
        """Return what an imported module or class is called here, and import it."""
        self.imported[name] = self._free(name)
        return self.imported[name]

    def helper(self, name: str) -> str:
        """Return what one of our functions is called here, and define it."""
        free = self._free(name)
        if name not in self.helpers:
            self.helpers[name] = self._definition(name, free)
        return free

    def _free(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        return name

    def _definition(self, name: str, free: str) -> str:
        if name in HELPERS:
            needs, text = HELPERS[name]
            return text.format(name=free, **{one: self.use(one) for one in needs})
        kind = name.removeprefix("optional_")
        reader = self.reader(kind)
        return OPTIONAL.format(name=free, read=f"{reader}(text)" if reader else "text")

    def reader(self, kind: str) -> str:
        """Return the function that reads a word of this kind, empty for text."""
        if kind == "path":
            return self.use("Path")
        name = READERS.get(kind, "")
        return self.helper(name) if name in HELPERS else name

    def import_lines(self) -> tuple[str, ...]:
        """Return the import statements, modules first, as an import sorter has them."""
        plain = [self._alias(one) for one in sorted(self.imported) if one not in IMPORTS]
        members: dict[str, list[str]] = {}
        for name in sorted(set(self.imported) & set(IMPORTS)):
            members.setdefault(IMPORTS[name][0], []).append(self._alias(name))
        lines = [f"import {one}" for one in plain]
        lines += [f"from {one} import {', '.join(members[one])}" for one in sorted(members)]
        return tuple(lines)

    def _alias(self, name: str) -> str:
        used = self.imported[name]
        return name if used == name else f"{name} as {used}"

    def helper_text(self) -> str:
        """Return the definitions of the functions that the readers need."""
        return "\n\n".join(self.helpers.values())

    # --- main

    def main(
        self,
        function: str,
        name: str,
        prog: str,
        summary: str,
        parameters: Sequence[Parameter],
    ) -> str:
        words = spellings(parameters)
        lines = [f"parser = {self._parser(prog, summary, 'help' in words)}"]
        if any(_may_start_with_a_dash(one.type) for one in parameters):
            pattern = f'{self.use("re")}.compile("-[^-]")'
            note = "# -1e-3 and -x are values"
            lines.append(f"parser._negative_number_matcher = {pattern}  {note}")
        if "help" in words:
            text = 'help="show this help message and exit"'
            lines.append(f'parser.add_argument("-h", action="help", {text})')
        for one in parameters:
            lines += self._arguments(one, words[one.name])
        lines += self._call(function, parameters, words)
        body = "".join(f"    {line}\n" for line in lines)
        return f"def {name}(argv=None):\n{body}"

    def _parser(self, prog: str, summary: str, no_help: bool) -> str:
        argparse = self.use("argparse")
        described = summary.replace("%", "%%") if "%(prog)" in summary else summary
        parts = [
            f"prog={text_literal(prog)}",
            f"description={text_literal(described)}" if summary else "",
            f"formatter_class={argparse}.ArgumentDefaultsHelpFormatter",
            "add_help=False" if no_help else "",
            "allow_abbrev=False",
        ]
        return f"{argparse}.ArgumentParser({', '.join(filter(None, parts))})"

    def _call(
        self, function: str, parameters: Sequence[Parameter], words: Mapping[str, Spelling]
    ) -> Iterator[str]:
        if not parameters:
            yield "parser.parse_args(argv)"
            yield f"{function}()"
            return
        after = [line for one in parameters for line in _after(one, words[one.name].options[0])]
        if not after:
            yield f"{function}(**vars(parser.parse_args(argv)))"
            return
        yield "args = parser.parse_args(argv)"
        yield from after
        yield f"{function}(**vars(args))"

    # --- one parameter

    def _arguments(self, parameter: Parameter, spelling: Spelling) -> Iterator[str]:
        help_text = " ".join(parameter.help.split()).replace("%", "%%")
        if parameter.type.kind == "bool":
            yield from self._switch(parameter, spelling, help_text or "yes or no")
            return
        yield self._add(
            spelling.options,
            _dest(parameter, spelling),
            *self._reading(parameter.type, parameter.default),
            f"default={self._read_default(parameter)}",
            f"help={text_literal(help_text or 'default: %(default)s')}",
        )

    def _switch(self, parameter: Parameter, spelling: Spelling, help_text: str) -> Iterator[str]:
        argparse = self.use("argparse")
        dest = _dest(parameter, spelling)
        named = f'dest="{parameter.name}"'
        last = (f"default={parameter.default}", f"help={text_literal(help_text)}")
        # Python 3.14 refuses a BooleanOptionalAction whose own name starts with "no".
        plain = spelling.off[0].startswith("--no-") and not any(
            one.startswith("--no-") for one in spelling.options
        )
        if plain and not parameter.type.optional:
            action = f"action={argparse}.BooleanOptionalAction"
            yield self._add(spelling.options, dest, action, *last)
            return
        if parameter.type.optional:
            reader = self.helper("optional_bool")
            how = (f'nargs="?", const=True, type={reader}', f'metavar="{METAVARS["bool"]}"')
            yield self._add(spelling.options, dest, *how, *last)
        else:
            yield self._add(spelling.options, dest, 'action="store_true"', *last)
        off = f"help={text_literal(f'the opposite of {spelling.options[0]}')}"
        off_default = f"default={parameter.default}"
        yield self._add(spelling.off, named, 'action="store_false"', off_default, off)

    def _add(self, options: Sequence[str], *parts: str) -> str:
        words = [text_literal(one) for one in options]
        return f"parser.add_argument({', '.join([*words, *filter(None, parts)])})"

    def _reading(self, type_: Type, default: object) -> Iterator[str]:
        """Yield the keywords that say how the words after the option are read."""
        many = type_.is_flat and type_.kind in ("list", "tuple")
        word = type_.item if many and type_.item else type_
        if many:
            fixed = type_.length is not None and not type_.optional
            yield f"nargs={type_.length}" if fixed else 'nargs="*"'
        # argparse reads a default that is text as if it were given.
        reader = self._word_reader(word, type_.optional and default != "None")
        if reader:
            yield f"type={reader}"
        if word.kind == "choice":
            choices: list[object] = [*word.choices, *([None] if type_.optional else [])]
            yield f"choices={spell(choices)}"
        else:
            yield f'metavar="{METAVARS[word.kind]}"'

    def _word_reader(self, word: Type, may_be_none: bool) -> str:
        kind = word.kind
        if kind == "path" and word.annotation.startswith("str"):
            kind = "str"
        if kind == "choice":
            kinds = {type(one).__name__ for one in word.choices}
            kind = kinds.pop() if kinds in ({"str"}, {"int"}, {"float"}) else "any"
        if may_be_none and kind != "any":
            return self.helper(f"optional_{kind}")
        return self.reader(kind)

    # --- the signature

    def argument(self, parameter: Parameter) -> str:
        """Return the argument of the step's function, such as ``rate: float = 0.7``."""
        type_ = parameter.type
        default, spelled = self._default(parameter), type_.annotation
        if _is_changeable(parameter.default) and not type_.optional:
            default, spelled = "None", f"{spelled} | None" if spelled else ""
        if not spelled:
            return f"{parameter.name}={default}"
        return f"{parameter.name}: {self._annotation(spelled)} = {default}"

    def fresh(self, parameter: Parameter) -> Iterator[str]:
        """Yield what gives a call its own list or dict, which the body may change."""
        if not _is_changeable(parameter.default):
            return
        name = parameter.name
        if parameter.type.optional:
            yield f"{name} = {self.use('copy')}.deepcopy({name})"
        else:
            yield f"if {name} is None:\n    {name} = {self._default(parameter)}"

    def _annotation(self, spelled: str) -> str:
        """Return an annotation with the names that Path and the like have here."""
        found = [
            one
            for one in ast.walk(ast.parse(spelled, mode="eval"))
            if isinstance(one, ast.Name) and one.id in IMPORTS
        ]
        encoded = spelled.encode()
        for one in sorted(found, key=lambda one: one.col_offset, reverse=True):
            name = self.use(one.id).encode()
            encoded = encoded[: one.col_offset] + name + encoded[one.end_col_offset :]
        return encoded.decode()

    def _read_default(self, parameter: Parameter) -> str:
        """Return the default as the parser has it, which reads one that is text."""
        value = parameter.default
        by_literal = parameter.type.kind in ("any", "choice") and isinstance(value, str)
        if by_literal and self._word_reader(parameter.type, False) and _is_literal(str(value)):
            return text_literal(spell(value))
        return self._default(parameter)

    def _default(self, parameter: Parameter) -> str:
        value = parameter.default
        if parameter.type.has_paths:
            value = rebase(value, self.folder)
        return spell(value, _Names(self))


class _Names(Mapping[str, str]):
    """What Path and the dates are called here; asking for one imports it."""

    def __init__(self, writer: _Writer) -> None:
        self.writer = writer

    def __getitem__(self, name: str) -> str:
        return self.writer.use(name)

    def __iter__(self) -> Iterator[str]:
        return iter(IMPORTS)

    def __len__(self) -> int:
        return len(IMPORTS)


def _dest(parameter: Parameter, spelling: Spelling) -> str:
    derived = spelling.options[0].lstrip("-").replace("-", "_")
    return "" if derived == parameter.name else f'dest="{parameter.name}"'


def _after(parameter: Parameter, option: str) -> Iterator[str]:
    """Yield what is left to do when argparse has read the words of a list or tuple."""
    type_, value = parameter.type, f"args.{parameter.name}"
    if type_.kind not in ("list", "tuple") or not type_.is_flat:
        return
    if type_.optional:
        yield f"if {value} == [None]:"
        yield f"    {value} = None"
    if type_.kind == "tuple" and not type_.optional:
        yield f"{value} = tuple({value})"
    elif type_.kind == "tuple":
        yield f"if {value} is not None:"
        yield f"    {value} = tuple({value})"
        if type_.length is not None:
            yield f"    if len({value}) != {type_.length}:"
            yield f'        parser.error("argument {option}: expected {type_.length} values")'


def _may_start_with_a_dash(type_: Type) -> bool:
    """Say whether a word such as ``-1e-3``, which argparse takes for an option, may be a value."""
    if type_.item is not None and type_.is_flat:
        return _may_start_with_a_dash(type_.item)
    words = [str(one) for one in type_.choices]
    return type_.kind in ("float", "str", "any") or any(one.startswith("-") for one in words)


def _is_changeable(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_is_changeable, value))
    return isinstance(value, (list, dict, set))


def _is_literal(text: str) -> bool:
    try:
        return bool(ast.literal_eval(text) != text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
