"""The equivalence corpus: small notebooks, each run by a kernel and by its step, and compared.

``fixtures/equivalence/NAME.py`` is a notebook as a percent script. Its header may say

    # ---
    # jupyter:
    #   corpus:
    #     notebook: train.ipynb          where it stands; else notebooks/NAME.ipynb
    #     replace: {rate = 0.5: rate = 0.9}     the notebook's text for this run ...
    #     arguments: [--rate, "0.9"]            ... and what the step is called with
    # ---

``fixtures/equivalence/files/common`` is in every project, ``files/NAME`` in that of one notebook.
``expected.json`` says how each ends: "equal" with digests, or "refused" with code, cell and line.

As a program it compares by hand: ``python tests/corpus.py [--update] [NAME...]``; --flat compares
with a plain script of the same cells, --notebooks looks at the notebooks' side alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from corpus_compare import Run, differences, fingerprint

from mlv_hooks.verify.runs import KernelError, run_notebook

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "equivalence"
EXPECTED = FIXTURES / "expected.json"
TIMEOUT = 120
PROBE = "import corpus_probe\ncorpus_probe.record({names})"


@dataclass(frozen=True, slots=True)
class Case:
    """One notebook of the corpus; ``cells`` are (kind, text, tags)."""

    name: str
    notebook: str
    cells: tuple[tuple[str, str, tuple[str, ...]], ...]
    replace: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()

    @property
    def dropped(self) -> frozenset[int]:
        return frozenset(
            number for number, (_, _, tags) in enumerate(self.cells, 1) if "no-effect" in tags
        )

    @property
    def folder(self) -> str:
        return os.path.dirname(self.notebook)

    def with_probe(self, names: Sequence[str]) -> Case:
        pairs = ", ".join(f'"{name}": {name}' for name in names)
        probe = PROBE.format(names="{" + pairs + "}")
        return replace(self, cells=(*self.cells, ("code", probe, ())))

    def text(self, *, replaced: bool) -> str:
        """Return the notebook as JSON; ``replaced`` puts this run's values in."""
        cells = []
        for kind, source, tags in self.cells:
            for old, new in self.replace.items() if replaced else ():
                source = source.replace(old, new)
            cell = nbformat.from_dict({"cell_type": kind, "source": source})
            cell.metadata = nbformat.from_dict({"tags": list(tags)} if tags else {})
            cell.id = f"cell-{len(cells) + 1}"
            if kind == "code":
                cell.update(outputs=[], execution_count=None)
            cells.append(cell)
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        return nbformat.writes(notebook)


@dataclass(frozen=True, slots=True)
class Step:
    """A generated step: ``text``, or why there is none, as (code, message, cell, line)."""

    text: str | None
    problems: tuple[tuple[str, str, int, int], ...] = ()


MakeStep = Callable[[Case], Step]


# --- the notebooks


def names() -> list[str]:
    return sorted(path.stem for path in FIXTURES.glob("*.py"))


def load(name: str) -> Case:
    notebook = jupytext.read(FIXTURES / f"{name}.py", fmt="py:percent")
    about = notebook.metadata.get("corpus", {})
    cells = tuple(
        (cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ())))
        for cell in notebook.cells
    )
    lost = [old for old in about.get("replace", {}) if all(old not in cell[1] for cell in cells)]
    if lost:
        raise ValueError(f"{name}: nothing to replace for {lost}")
    return Case(
        name,
        about.get("notebook", f"notebooks/{name}.ipynb"),
        cells,
        dict(about.get("replace", {})),
        tuple(about.get("arguments", ())),
    )


def expected() -> dict[str, Any]:
    return json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}


# --- steps


def product_step(case: Case) -> Step:
    """Make the step as the product does."""
    from mlv_hooks.analysis.dataflow import analyse
    from mlv_hooks.analysis.source import parse_cell
    from mlv_hooks.declared.parameters import read_parameters
    from mlv_hooks.step.step import StepInput, format_modules, generate
    from mlv_hooks.step.step_of import step_name

    cells = tuple(
        parse_cell(source, number)
        for number, (kind, source, _) in enumerate(case.cells, 1)
        if kind == "code"
    )
    tagged = {number for number, (_, _, tags) in enumerate(case.cells, 1) if "parameters" in tags}
    parameters = [read_parameters(cell) for cell in cells if cell.number in tagged]
    wanted = StepInput(
        notebook=case.notebook,
        name=step_name(case.notebook),
        cells=cells,
        dropped=case.dropped,
        parameters=parameters[0] if parameters else None,
        path=f"steps/{step_name(case.notebook)}.py",
    )
    result = generate(wanted, analyse(cells))
    problems = tuple(result.problems)
    if result.text is None:
        return Step(None, problems)
    return Step(format_modules([result.text])[0], problems)


def flat_step(case: Case) -> Step:
    """Translate a plain notebook cell by cell: what the harness itself is tried with."""
    kept = [
        source
        for number, (kind, source, _) in enumerate(case.cells, 1)
        if kind == "code" and number not in case.dropped
    ]
    start = f"import os as _os\n_os.chdir({case.folder or '.'!r})\n"
    return Step(start + "\n".join(kept) + "\n")


def step_path(case: Case) -> str:
    stem = os.path.splitext(os.path.basename(case.notebook))[0]
    name = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_")
    return f"steps/{'_' * name[:1].isdigit()}{name}.py"


# --- running


def run_both(case: Case, step: str, scratch: Path) -> tuple[Run, Run]:
    return run_kernel(case, scratch / "kernel"), run_step(case, step, scratch / "step")


def run_kernel(case: Case, scratch: Path) -> Run:
    project, before = _project(case, scratch)
    # A failing notebook's own line numbers are of no use here; the message is.
    run = run_notebook(
        case.text(replaced=True), str(project / case.folder), _environ(case, scratch), TIMEOUT
    )
    kept = [text for cell, text in run.printed.items() if cell not in case.dropped]
    failure = run.failure and f"cell {run.failure.cell}: {run.failure.last}"
    return _outcome(case, failure, "".join(kept), scratch, before)


def run_step(case: Case, step: str, scratch: Path) -> Run:
    project, before = _project(case, scratch)
    path = step_path(case)
    (project / "steps").mkdir()
    (project / path).write_text(step, encoding="utf-8")
    module = path.removesuffix(".py").replace("/", ".")
    done = subprocess.run(
        [sys.executable, "-m", module, *case.arguments],
        cwd=project,
        env=_environ(case, scratch),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
    )
    errors = done.stderr.decode(errors="replace")
    failure = errors[-2000:] if done.returncode else None
    return _outcome(case, failure, done.stdout.decode(errors="replace"), scratch, before)


def _project(case: Case, scratch: Path) -> tuple[Path, dict[str, bytes]]:
    project = scratch / "project"
    for source in (FIXTURES / "files" / "common", FIXTURES / "files" / case.name):
        if source.is_dir():
            shutil.copytree(source, project, dirs_exist_ok=True)
    (project / case.folder).mkdir(parents=True, exist_ok=True)
    (project / case.notebook).write_text(case.text(replaced=False), encoding="utf-8")
    (scratch / "home").mkdir()
    return project, _files(project)


def _environ(case: Case, scratch: Path) -> dict[str, str]:
    kept = ("PATH", "LANG", "LC_ALL", "TZ")
    home = str(scratch / "home")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "HOME": home,
        "IPYTHONDIR": f"{home}/ipython",
        "JUPYTER_DATA_DIR": f"{home}/jupyter",
        # One folder for all runs: making matplotlib's list of fonts takes seconds.
        "MPLCONFIGDIR": os.path.join(tempfile.gettempdir(), f"mlv-corpus-matplotlib-{os.getuid()}"),
        "PYTHONPATH": str(HERE / "probe"),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "CORPUS_STATE": str(scratch / "state.json"),
        "CORPUS_ROOT": str(scratch / "project"),
        "CORPUS_SEEDED": ",".join(re.findall(r"[\w.]*random\.seed\(", case.text(replaced=True))),
    }


def _outcome(
    case: Case, failure: str | None, printed: str, scratch: Path, before: dict[str, bytes]
) -> Run:
    project, state = scratch / "project", scratch / "state.json"
    now = _files(project)
    changed = {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}
    root = os.path.realpath(project)
    printed = _without_echo(printed.replace("\r\n", "\n").replace(root, "<project>"), case)
    data = state.read_text().replace(root, "<project>") if state.exists() else "null"
    files = {path: now.get(path) for path in sorted(changed)}
    return Run(failure, printed, files, json.loads(data))


def _files(project: Path) -> dict[str, bytes]:
    """Return what is in the project, without the step itself and what Python leaves beside it."""
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in sorted(project.rglob("*"))
        if path.is_file() and not {"__pycache__", "steps"} & set(path.relative_to(project).parts)
    }


# Times differ from run to run, and a magic's echo says what it did, not what the notebook does.
_TIMES = r"CPU times: .*|Wall time: .*|.* per loop.*|Compiler *: .*"
_ECHO = {
    "%cd": r"(<project>|~|/).*",
    "%env": r"env: .*",
    "%set_env": r"env: .*",
    "%%writefile": r"(Writing|Overwriting|Appending to) .*",
    "%%file": r"(Writing|Overwriting|Appending to) .*",
    "%%prun": r" *",
    "%xmode": r"Exception reporting mode: .*",
    "%load_ext": r"The .* extension is already loaded.*",
}


def _without_echo(printed: str, case: Case) -> str:
    text = "\n".join(source for _, source, _ in case.cells)
    patterns = [_TIMES, *(pattern for magic, pattern in _ECHO.items() if magic in text)]
    noise = re.compile("|".join(f"(?:{one})" for one in patterns))
    return "".join(
        line for line in printed.splitlines(keepends=True) if not noise.fullmatch(line.rstrip("\n"))
    )


# --- one case, whole


def settle(name: str, make: MakeStep, known: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return how ``name`` ends now, in the words of expected.json, and what differs.

    ``known`` names what to look at in the end; without, all names that the notebook binds.
    """
    case = load(name)
    step = make(case)
    if step.text is None:
        problems = [[code, cell, line] for code, _, cell, line in step.problems]
        return {"outcome": "refused", "problems": problems}, []
    looked_at = known.get("names") or _bound(case)
    probed = make(case.with_probe(looked_at))
    if probed.text is None:
        return {"outcome": "refused"}, [f"only with a probe cell: {probed.problems}"]
    with tempfile.TemporaryDirectory(prefix="mlv-corpus-") as folder:
        kernel, other = run_both(case.with_probe(looked_at), probed.text, Path(folder))
        plain = run_step(case, step.text, Path(folder) / "plain")
    found = differences(kernel, other)
    found += [
        f"without the probe: {one}"
        for one in differences(kernel, replace(plain, state=kernel.state))
    ]
    return {"outcome": "equal", "names": looked_at, **fingerprint(kernel)}, found


def _bound(case: Case) -> list[str]:
    """Return the names that the notebook's kept cells still bind at their end, by running it."""
    keep = [
        (kind, source, tags)
        for number, (kind, source, tags) in enumerate(case.cells, 1)
        if number not in case.dropped
    ]
    listing = (
        "import builtins as _b, os as _os, json as _json\n"
        "_known = {'In', 'Out', 'exit', 'quit', 'open', 'get_ipython'}\n"
        "with _b.open(_os.environ['CORPUS_STATE'], 'w') as _f:\n"
        # What IPython shows values with is no value that a step could hand to the probe.
        "    _json.dump(_b.sorted(n for n, v in {**_b.globals()}.items() if n[0] != '_'"
        " and n not in _known"
        " and _b.getattr(v, '__module__', '') != 'IPython.core.display_functions'), _f)"
    )
    with tempfile.TemporaryDirectory(prefix="mlv-corpus-") as folder:
        run = run_kernel(replace(case, cells=(*keep, ("code", listing, ()))), Path(folder))
    if run.failure:
        raise ValueError(f"{case.name} does not run: {run.failure}")
    return [name for name in run.state if name.isidentifier()]


def settle_notebook(name: str, known: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what expected.json says of ``name`` if its step is equal; a refusal stays."""
    if known.get("outcome") == "refused":
        return dict(known), []
    case = load(name)
    looked_at = known.get("names") or _bound(case)
    with tempfile.TemporaryDirectory(prefix="mlv-corpus-") as folder:
        one, other = (run_kernel(case.with_probe(looked_at), Path(folder) / x) for x in "ab")
    found = differences(one, other)
    return {"outcome": "equal", "names": looked_at, **fingerprint(one)}, found


def _main(arguments: Sequence[str]) -> int:
    update = "--update" in arguments
    make = flat_step if "--flat" in arguments else product_step
    wanted = [one for one in arguments if not one.startswith("--")] or names()
    now = was = expected()
    bad = 0
    with ProcessPoolExecutor(2) as pool:
        if "--notebooks" in arguments:
            jobs = {name: pool.submit(settle_notebook, name, was.get(name, {})) for name in wanted}
        else:
            known = {} if update else was
            jobs = {name: pool.submit(settle, name, make, known.get(name, {})) for name in wanted}
        for name, job in jobs.items():
            try:
                outcome, found = job.result()
            except (ValueError, KernelError, subprocess.TimeoutExpired) as error:
                outcome, found = {"outcome": "broken"}, [str(error)]
            news = [] if update or outcome == was.get(name) else [f"expected {was.get(name)}"]
            print(f"{name}: {'DIFFERENT' if found else outcome['outcome']}", flush=True)
            for line in [*found, *news, *map(str, outcome.get("problems", ()))]:
                print(f"    {line}")
            bad += bool(found or news)
            if not found:
                now = {**now, name: outcome}
    if update:
        EXPECTED.write_text(json.dumps(dict(sorted(now.items())), indent=1) + "\n")
    print(f"{len(wanted) - bad} as they should be, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
