"""What a notebook declares of its stages, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN = "MLV411"
DIFFERS = "MLV407"
TWICE = "MLV412"


@dataclass(frozen=True, slots=True)
class Out:
    """An output; ``flags`` are DVC's own in the order given, ``persist`` not among them."""

    path: str
    kind: str
    persist: bool = False
    flags: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Argument:
    """A value that the stage passes: ``--reviews data/reviews.csv``.

    A list's values are arguments of the same parameter, one after the other.
    """

    parameter: str
    path: str


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage; paths are normalised and count from the project's root.

    ``deps`` are without the step itself. ``params`` are the parameters that go to params.yaml,
    None for all that are neither arguments nor keys of the matrix. ``param_files`` are keys of
    other parameters that the stage depends on, file by file, no keys for the whole file. A matrix
    value is a tuple, or DVC's template of a list. ``cmd`` is empty for the generated command.
    ``cell`` and ``line`` are where the docstring declares it, None for the notebook's metadata;
    ``places`` are the lines of the paths that are declared there.
    """

    name: str
    deps: tuple[str, ...] = ()
    outs: tuple[Out, ...] = ()
    arguments: tuple[Argument, ...] = ()
    params: tuple[str, ...] | None = None
    extra: str = ""
    matrix: tuple[tuple[str, tuple[object, ...] | str], ...] = ()
    cmd: str = ""
    own: tuple[tuple[str, object], ...] = ()
    cell: int | None = None
    line: int | None = None
    param_files: tuple[tuple[str, tuple[str, ...]], ...] = ()
    places: tuple[tuple[str, int], ...] = field(default=(), compare=False)

    def line_of(self, path: str) -> int | None:
        """Return the line that declares an input or output, by default that of the stage."""
        return dict(self.places).get(path, self.line) if self.cell else None


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake: the rule that reports it, one line that says what to do, and the place."""

    code: str
    message: str
    cell: int | None = None
    line: int | None = None


@dataclass
class Draft:
    """What one place, docstring or metadata, says of one stage.

    ``said`` are the words of dvc.yaml that it says, with their lines; ``name`` is empty where it
    names no stage.
    """

    name: str = ""
    deps: list[str] = field(default_factory=list)
    outs: list[Out] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    params: list[str] = field(default_factory=list)
    param_files: dict[str, list[str]] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    matrix: dict[str, tuple[object, ...] | str] = field(default_factory=dict)
    cmd: str = ""
    own: dict[str, object] = field(default_factory=dict)
    said: dict[str, int | None] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    line: int | None = None


def merged(one: Draft, other: Draft) -> Draft:
    """Return what both drafts say together, ``one`` first."""
    return Draft(
        name=other.name or one.name,
        deps=one.deps + other.deps,
        outs=one.outs + other.outs,
        arguments=one.arguments + other.arguments,
        params=one.params + other.params,
        param_files=one.param_files | other.param_files,
        extra=one.extra + other.extra,
        matrix=one.matrix | other.matrix,
        cmd=one.cmd or other.cmd,
        own=one.own | other.own,
        said=one.said | other.said,
        places=one.places | other.places,
        line=one.line,
    )
