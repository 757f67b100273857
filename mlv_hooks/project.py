"""The pairs of a repository: which there are, and how each stands."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mlv_hooks.diagnostics import Diagnostic, Location
from mlv_hooks.pair.bases import GitBases, OneBase
from mlv_hooks.pair.records import Records
from mlv_hooks.plan import Change
from mlv_hooks.projects import Projects
from mlv_hooks.repository.git import FileChange, Git
from mlv_hooks.repository.view import View
from mlv_hooks.shared_files import step_of_another_project
from mlv_hooks.step.step_of import made_from, step_path

if TYPE_CHECKING:
    from mlv_hooks.notebook import Notebook
    from mlv_hooks.pair.formats import ScriptFormat
    from mlv_hooks.pair.pairing import Bases, Outcome, Settled

Known = dict[tuple[str, str], tuple[tuple[str, str], ...]]


@dataclass
class Project:
    """What a run looks at. ``prefer`` is the side that wins a conflict, None to refuse it.

    Without ``pairs`` no script is looked at, and without ``steps`` no step.
    ``before`` is what notebooks held when their pairs were in line, where a run changed them since.
    ``former`` are the projects as HEAD's settings make them, None where these are the same.
    """

    git: Git
    view: View
    projects: Projects
    records: Records
    prefer: str | None = None
    pairs: bool = True
    steps: bool = True
    may_load: bool = True
    known: Known = field(default_factory=dict)
    changes: list[FileChange] = field(default_factory=list)
    base: str = "HEAD"
    """The commit or tree that ``changes`` count from."""
    ignored: dict[str, bool] = field(default_factory=dict)
    before: dict[str, bytes] = field(default_factory=dict)
    former: Projects | None = None

    def outcome(self, path: str) -> Outcome:
        """Return how the pair of the notebook at ``path`` stands, and its step.

        Raises JupytextNeeded where that takes jupytext and this process shall not load it.
        """
        from mlv_hooks.pair.pairing import Status

        pair = self._pair(path)
        refused = pair.status in (Status.UNREADABLE, Status.CONFLICT)
        return self._with_step(pair) if self.steps and not refused else pair

    def _with_step(self, pair: Outcome) -> Outcome:
        from mlv_hooks.step.steps import step_standing

        path = pair.notebook
        new = {one.path: one.new for one in pair.changes}
        data = new.get(path) or self.view.read(path) or b""
        step = step_standing(path, data, self.projects.of(path), self.view.read)
        left = self._left_step(path)
        pair = replace(pair, changes=(*pair.changes, left)) if left else pair
        if step.path is None:
            return replace(pair, findings=(*pair.findings, *step.findings))
        taken = step.path in (*new, pair.script)
        refusal = _step_is_script(path, step.path) if taken else self._unwritable(step.path)
        if step.change and not refusal:
            refusal = step_of_another_project(path, step.path, self.projects, self.view)
        changes = (step.change,) if step.change and not refusal else ()
        return replace(
            pair,
            changes=(*pair.changes, *changes),
            findings=(*pair.findings, *((refusal,) if refusal else step.findings)),
            step=step.path,
        )

    def _left_step(self, path: str) -> Change | None:
        """Return what removes the step of a notebook from where HEAD's settings had it."""
        there = self._step_before(path)
        data = self.view.read(there) if there else None
        if self.former is None or there is None or data is None or self.has_step_at(there):
            return None
        if not made_from(data, path, self.former.of(path)):
            return None
        return Change(there, data, None, f"{there} deleted: by the settings it is elsewhere now")

    def _step_before(self, path: str) -> str | None:
        """Return where HEAD's settings had the step of a notebook, None where they still do."""
        there = step_path(path, self.former.of(path)) if self.former else None
        return None if there == self.step_of(path) else there

    def _pair(self, path: str) -> Outcome:
        from mlv_hooks.notebook import NotebookError, parse_notebook
        from mlv_hooks.pair.formats import FormatError, script_formats
        from mlv_hooks.pair.pairing import Outcome, Status

        finding = self._unusable(path)
        if finding is None:
            try:
                data = self.view.read(path)
                if data is None:
                    raise NotebookError("MLV001", "is no file", "restore it with `git checkout`")
                notebook = parse_notebook(data)
                wanted = self.pairs
                formats = script_formats(path, notebook.metadata, self.view.read) if wanted else []
                if not formats:
                    return Outcome(path, None, Status.IN_SYNC)
                return self._settled(path, data, notebook, formats)
            except NotebookError as error:
                finding = error.diagnostic(path)
            except FormatError as error:
                finding = error.diagnostic
            except OSError as error:
                finding = self._unreadable(error)
        return Outcome(path, None, Status.UNREADABLE, (), (finding,))

    def _unreadable(self, error: OSError) -> Diagnostic:
        import os

        path = os.path.relpath(os.fsdecode(error.filename or self.git.top), self.git.top)
        code = "MLV001" if path.endswith(".ipynb") else "MLV009"
        message = (
            f"cannot be read ({error.strerror}): mend its permissions with `chmod`, or move it"
        )
        return _finding(code, path.replace(os.sep, "/"), message)

    def has_step_at(self, target: str) -> bool:
        """Say whether some notebook that stands has, or would have, its step there."""
        left_out = filter(self.projects.covers, self.view.left_out)
        return any(self.step_of(one) == target for one in (*self.notebooks(), *left_out))

    def step_of(self, path: str) -> str:
        """Return where the step of a notebook stands, or would stand."""
        return step_path(path, self.projects.of(path))

    def _unusable(self, path: str) -> Diagnostic | None:
        if path in self.view.unmerged:
            message = (
                "is in conflict: take one side whole (`git checkout --ours` or `--theirs`), "
                "resolve the script, then `git add` both"
            )
            return _finding("MLV002", path, message)
        if not self._is_inside(path):
            message = "is a link that leaves the repository: put the notebook itself there"
            return _finding("MLV007", path, message)
        return None

    def _settled(
        self, path: str, data: bytes, notebook: Notebook, formats: Sequence[ScriptFormat]
    ) -> Outcome:
        """Settle the notebook with each of its scripts in turn; the last word has the notebook."""
        from mlv_hooks.notebook import NotebookError, parse_notebook
        from mlv_hooks.pair.pairing import Conflict, Outcome, Pair, Status
        from mlv_hooks.pair.script_file import ScriptError

        source = self._renamed_from(path)
        results: list[tuple[ScriptFormat, str, Settled]] = []
        now, current = data, notebook
        former = (
            self._scripts_in_head(source, notebook) if source else [one.path for one in formats]
        )
        for fmt, then in zip(formats, former, strict=False):
            finding = self._unwritable(fmt.path)
            if finding:
                return Outcome(path, fmt.path, Status.UNREADABLE, (), (finding,))
            moved = self.view.read(fmt.path) is None and self.view.read(then) is not None
            at = then if moved else fmt.path
            try:
                script = self.view.read(at)
                bases = self._bases(path, fmt.path, source or path, then, script)
                pair = Pair(now, current, fmt, script, self.git.merge_text, may_load=self.may_load)
                settled = pair.settle(bases, self.prefer)
            except NotebookError as error:
                return Outcome(path, fmt.path, Status.UNREADABLE, (), (error.diagnostic(path),))
            except ScriptError as error:
                if self.prefer != "notebook":
                    found = Diagnostic(error.code, error.message, Location(at, None, error.line))
                    return Outcome(path, fmt.path, Status.UNREADABLE, (), (found,))
                settled = Pair(now, current, fmt, None, self.git.merge_text).settle(bases)
            except Conflict as conflict:
                return _refused(path, fmt.path, conflict)
            if settled.notebook != now:
                now, current = settled.notebook, parse_notebook(settled.notebook)
            results.append((fmt, at, settled))
        return self._changes(path, data, now, current, results)

    def _bases(
        self, path: str, script: str, source: str, then: str, content: bytes | None
    ) -> Bases:
        before = self.before.get(path)
        if before is not None and content is not None:
            return OneBase(before, content)
        return GitBases(self.git, path, script, source, then, self.records.get(path, script))

    def _changes(
        self,
        path: str,
        data: bytes,
        now: bytes,
        notebook: Notebook,
        results: Sequence[tuple[ScriptFormat, str, Settled]],
    ) -> Outcome:
        from mlv_hooks.pair.layout import wanted_layout
        from mlv_hooks.pair.pairing import Outcome, Status
        from mlv_hooks.pair.script import in_layout, keep_layout, render
        from mlv_hooks.pair.script_file import encode_script

        changes = []
        for number, (fmt, at, settled) in enumerate(results):
            old = self.view.read(fmt.path)
            text = settled.script
            later = number < len(results) - 1 and now != settled.notebook
            if later:  # a script after this one changed the notebook once more
                text = keep_layout(text, render(notebook, fmt), fmt, self.git.merge_text)
            if later or settled.status in (
                Status.SCRIPT_MISSING,
                Status.SCRIPT_STALE,
                Status.MERGED,
            ):
                text = in_layout(text, fmt, wanted_layout(self.view.read))
            new = encode_script(text, self.view.read(at))
            if settled.status is Status.IN_SYNC and at == fmt.path and now == data:
                continue
            as_it_is = settled.status is Status.NOTEBOOK_STALE and at == fmt.path and not later
            if new != old and not as_it_is:
                changes.append(Change(fmt.path, old, new, f"{fmt.path} <- {path}"))
            if at != fmt.path:
                note = f"{at} deleted: it is {fmt.path} now"
                changes.append(Change(at, self.view.read(at), None, note))
        if now != data:
            dropped = sorted({cell for *_, settled in results for cell in settled.dropped})
            gone = f" (outputs dropped: {_cells(dropped)}, run again)" if dropped else ""
            led = (Status.NOTEBOOK_STALE, Status.MERGED)
            leader = next(fmt.path for fmt, _, settled in results if settled.status in led)
            changes.insert(0, Change(path, data, now, f"{path} <- {leader}{gone}"))
        worst = next((one for *_, one in results if one.status is not Status.IN_SYNC), None)
        status = worst.status if worst else Status.IN_SYNC
        if not changes:
            status = Status.IN_SYNC
        detail = _cells(worst.cells) if worst and worst.cells else ""
        return Outcome(path, results[0][0].path, status, tuple(changes), (), detail)

    def _unwritable(self, script: str) -> Diagnostic | None:
        import os

        if script in self.view.unmerged:
            message = "is in conflict: choose what stays, then `git add` it"
            return _finding("MLV002", script, message)
        target = os.path.join(self.git.top, script)
        if os.path.islink(target):
            return _finding("MLV007", script, "is a link: put the script itself there")
        if not self._is_inside(script):
            message = "lies in a linked folder that leaves the repository: mend jupytext's formats"
            return _finding("MLV007", script, message)
        if os.path.isdir(target):
            return _finding("MLV007", script, "is a folder: a script shall stand there, move it")
        if os.path.exists(target) and not os.path.isfile(target):
            return _finding("MLV007", script, "is no file: a script shall stand there, move it")
        if script not in self.view.blobs and self._is_ignored(script):
            message = (
                "git ignores this script: take it out of .gitignore, or `exclude` the notebook"
            )
            return _finding("MLV308", script, message)
        return None

    def foresee(self, notebooks: Iterable[str]) -> None:
        """Ask git once whether it ignores the scripts that most notebooks have."""
        likely = {f"{posixpath.splitext(path)[0]}.py" for path in notebooks}
        new = likely - self.view.blobs.keys()
        ignored = self.git.is_ignored(sorted(new))
        self.ignored.update((path, path in ignored) for path in new)

    def _is_ignored(self, script: str) -> bool:
        known = self.ignored.get(script)
        return bool(self.git.is_ignored([script])) if known is None else known

    def _is_inside(self, path: str) -> bool:
        import os

        top = os.path.realpath(self.git.top)
        return os.path.commonpath([os.path.realpath(os.path.join(top, path)), top]) == top

    def _renamed_from(self, path: str) -> str | None:
        found = (one.source for one in self.changes if one.status == "R" and one.path == path)
        return next(found, None)

    def _scripts_in_head(self, source: str, notebook: Notebook) -> list[str]:
        from mlv_hooks.pair.formats import script_formats

        return [one.path for one in script_formats(source, notebook.metadata, self.view.read)]

    def owner(self, script: str) -> str | None:
        """Return a notebook that stands and pairs with ``script``."""
        for path in self.candidates([script]):
            if script in self.scripts_of(path):
                return path
        return None

    def candidates(self, scripts: Iterable[str]) -> list[str]:
        """Return the notebooks that may pair with ``scripts``, or have their step there.

        Prefix and suffix of jupytext's formats keep the stem.
        """
        scripts = set(scripts)
        stems = {posixpath.splitext(posixpath.basename(one))[0] for one in scripts}
        by_stem: dict[str, list[str]] = defaultdict(list)
        for path in (*self.notebooks(), *filter(self.projects.covers, self.view.left_out)):
            by_stem[posixpath.basename(path)[: -len(".ipynb")]].append(path)
        near = [stem for stem in by_stem if any(stem in one or one in stem for one in stems)]
        found = [path for stem in near for path in by_stem[stem]]
        heads = tuple(one.at_steps for one in self.projects.all())
        if any(one.startswith(heads) for one in scripts):
            every = [path for paths in by_stem.values() for path in paths if path not in found]
            found += [path for path in every if self.step_of(path) in scripts]
        return found

    def scripts_of(self, path: str) -> list[str]:
        """Return the scripts of a notebook, none for one that cannot be read."""
        from mlv_hooks.notebook import NotebookError, parse_notebook
        from mlv_hooks.pair.formats import FormatError, script_formats

        known = self.known.get((path, self.view.blob(path) or ""))
        if known is not None:
            return [script for script, _ in known]
        try:
            metadata = parse_notebook(self.view.read(path) or b"").metadata
            return [fmt.path for fmt in script_formats(path, metadata, self.view.read)]
        except (NotebookError, FormatError, OSError):
            return []

    def notebooks(self) -> list[str]:
        """Return the tracked notebooks that the settings cover and that are there."""
        gone = {one.path for one in self.changes if one.status == "D"}
        covers, skip = self.projects.covers, self.view.left_out | gone
        tracked = (*self.view.blobs, *self.view.unmerged, *self.view.links)
        return [path for path in dict.fromkeys(tracked) if covers(path) and path not in skip]

    def is_known(self, path: str) -> Outcome | None:
        """Return the outcome of a notebook whose pair is known good, None for any other."""
        blob = self.view.blob(path) if path in self.view.blobs else None
        scripts = self.known.get((path, blob)) if blob else None
        if scripts is None or any(self.view.blob(one) != was for one, was in scripts):
            return None
        if self._step_before(path):
            return None
        from mlv_hooks.pair.pairing import Outcome, Status

        target = self.step_of(path)
        files = [one for one, _ in scripts]
        script = next((one for one in files if one != target), None)
        step = target if target in files else None
        return Outcome(path, script, Status.IN_SYNC, step=step)


def _refused(path: str, script: str, conflict: Exception) -> Outcome:
    from mlv_hooks.pair.merge import Conflict
    from mlv_hooks.pair.pairing import Outcome, Status

    assert isinstance(conflict, Conflict)
    where = f" ({_cells(conflict.cells)})" if conflict.cells else ""
    message = (
        f"and {script}: {conflict.what}{where}; nothing was written: make them equal there, "
        f"or `mlv sync --prefer notebook|script {path}`"
    )
    cell = conflict.cells[0] if conflict.cells else None
    finding = Diagnostic("MLV303", message, Location(path, cell))
    detail = _cells(conflict.cells) if conflict.cells else ""
    return Outcome(path, script, Status.CONFLICT, (), (finding,), detail)


def _step_is_script(notebook: str, target: str) -> Diagnostic:
    message = f"its step would be its script, {target}: move it, or set `steps` to another folder"
    return _finding("MLV311", notebook, message)


def _finding(code: str, path: str, message: str) -> Diagnostic:
    return Diagnostic(code, message, Location(path))


def _cells(numbers: Sequence[int]) -> str:
    """Return ``cell 3``, ``cells 3 and 7`` or ``cells 3, 5 and 7``."""
    *first, last = map(str, numbers)
    if len(first) > 8:
        return f"{len(numbers)} cells"
    return f"cells {', '.join(first)} and {last}" if first else f"cell {last}"
