"""The main job, shown with real git and real pre-commit in a repository of its own.

A script, not a film: each step checks what the repository holds afterwards, and the run ends with
exit 1 at the first step that did not do what it should.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "demo"
BIN = Path(sys.executable).parent
NAMES = ("evaluate", "prepare", "train")

# `mlv init` names the published hook; here it is this checkout's, so that no network is needed.
PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - id: mlv
        name: mlv
        language: system
        entry: mlv hook all
        always_run: true
        require_serial: true
        verbose: true
"""


class DemoError(Exception):
    """A step that did not do what it should."""


def say(text: str) -> None:
    """Tell what comes next."""
    print(f"\n# {text}", flush=True)


def expect(condition: bool, what: str) -> None:
    """Stop the demo when ``what`` is not so."""
    if not condition:
        raise DemoError(what)


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands in the demo's repository and shows them as a terminal would."""

    top: Path
    env: dict[str, str]

    def quiet(self, *command: str) -> str:
        """Return what a command prints, and show nothing; raise DemoError when it fails."""
        done = self._run(command, subprocess.PIPE)
        expect(done.returncode == 0, f"{shlex.join(command)}: {done.stderr or done.stdout}")
        return done.stdout

    def show(self, *command: str, codes: tuple[int, ...] = (0,)) -> str:
        """Print a command and what it prints; raise DemoError unless it exits with ``codes``."""
        print(f"$ {shlex.join(command)}", flush=True)
        done = self._run(command, subprocess.STDOUT)
        print(done.stdout, end="", flush=True)
        expect(
            done.returncode in codes,
            f"`{shlex.join(command)}` ended with {done.returncode}, not {codes[0]}",
        )
        return done.stdout

    def _run(self, command: tuple[str, ...], stderr: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.top,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        )

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace ``old`` by ``new`` in a file, as somebody would in an editor or in Jupyter."""
        print(f"  ({path}: {old} -> {new})", flush=True)
        if path.endswith(".ipynb"):
            old, new = json.dumps(old)[1:-1], json.dumps(new)[1:-1]
        text = self.read(path)
        expect(text.count(old) == 1, f"{path} should hold {old!r} once")
        (self.top / path).write_bytes(text.replace(old, new).encode())

    def read(self, path: str) -> str:
        """Return a file's text, with its line ends as they are."""
        return (self.top / path).read_bytes().decode()

    def expect_clean(self) -> None:
        """Check that the last commit took everything, and that there is nothing left to do."""
        expect(self.quiet("git", "status", "--porcelain") == "", "something was left uncommitted")
        self.quiet("mlv", "sync", "--check")

    def changed(self) -> dict[str, str]:
        """Return the paths of the last commit, each with its count of lines added and removed."""
        lines = self.quiet("git", "show", "--numstat", "--format=").splitlines()
        return {path: f"+{added} -{gone}" for added, gone, path in map(str.split, lines)}


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nobody's own settings change what the demo shows."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PRE_COMMIT", "MLV_", "JUPYTEXT_")) and name != "CI"
    }
    return kept | {
        "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PAGER": "cat",
        "PRE_COMMIT_HOME": str(home),
        "PRE_COMMIT_COLOR": "never",
        "NO_COLOR": "1",
        "DVC_NO_ANALYTICS": "1",
        "LC_ALL": "C.UTF-8",
    }


def new_project(top: Path) -> Shell:
    """Make the repository of somebody who has notebooks and a data set, and no hooks yet."""
    shutil.copytree(FIXTURES, top)
    shell = Shell(top, environment(top.parent / "pre-commit"))
    shell.quiet("git", "init", "--quiet", "--initial-branch=main")
    shell.quiet("git", "config", "user.name", "Dana")
    shell.quiet("git", "config", "user.email", "dana@example.org")
    return shell


def first_commit(shell: Shell) -> None:
    """Set up, then commit three notebooks: their scripts and steps come along."""
    say("Three notebooks and a data set. Set up once:")
    shell.show("git", "ls-files", "--others")
    shell.show("mlv", "init")
    (shell.top / ".pre-commit-config.yaml").write_text(PRE_COMMIT, encoding="utf-8")
    print("  (here, the hook of this checkout stands in for the published one)", flush=True)
    shell.show("pre-commit", "install")

    say("Then work as always:")
    shell.show("git", "add", ".")
    shell.show("git", "commit", "--quiet", "-m", "Who is about to leave?")

    say("One try, and the commit carries a script beside each notebook, and a step to run:")
    shell.show("git", "show", "--stat=72", "--format=%h %s")
    expect(
        {f"{folder}/{name}.py" for folder in ("notebooks", "steps") for name in NAMES}
        <= shell.changed().keys(),
        "the first commit should carry three scripts and three steps",
    )
    shell.expect_clean()


def one_cell(shell: Shell) -> None:
    """Edit one cell in the notebook: the script's diff is that line."""
    say("Somebody tries another value in Jupyter:")
    shell.edit("notebooks/train.ipynb", "learning_rate = 0.5", "learning_rate = 0.2")
    shell.show("git", "commit", "--quiet", "--all", "-m", "Take smaller steps")

    say("What the reviewer reads:")
    shell.show("git", "show", "--stat=72", "--format=%h %s")
    shell.show("git", "show", "--format=", "--", "notebooks/*.py")
    changed = shell.changed()
    expect(
        (changed.pop("steps/train.py"), changed)
        == ("+2 -2", {"notebooks/train.ipynb": "+1 -1", "notebooks/train.py": "+1 -1"}),
        "one line in the notebook should be one line in its script",
    )
    shell.expect_clean()


def the_step(shell: Shell) -> None:
    """Run steps with other parameters, prove one by `mlv verify`, and edit what has no effect."""
    step = "steps/train.py"
    say("A step does the work of its notebook, without the no-effect cells, and needs no Jupyter:")
    shell.show("python", "-m", "steps.train", "--help")
    shell.show("python", "-m", "steps.prepare")
    shell.show("python", "-m", "steps.train", "--learning-rate", "0.1", "--epochs", "50")
    model = shell.read("models/model.json")
    shell.show("python", "-m", "steps.train")
    expect(shell.read("models/model.json") != model, "other parameters should give another model")

    say("Is that the notebook's work? Both run in copies, and what they write is compared:")
    said = shell.show("mlv", "verify", "notebooks/train.ipynb")
    expect("notebooks/train.ipynb: equal (1 file)" in said, "the step should do the same work")

    say("A cell that only looks is edited, and a text: the step stays as it is:")
    shell.edit("notebooks/train.ipynb", "{weight:+.2f}", "{weight:+.3f}")
    shell.edit("notebooks/train.ipynb", "Which way does each", "How strongly does each")
    shell.show("git", "commit", "--quiet", "--all", "-m", "Look closer")
    expect(step not in shell.changed(), "the step should stay")
    shell.expect_clean()

    say("Somebody tags a cell that the model needs as no-effect. Nobody would see it in Jupyter:")
    cell, tag = "# %%\ntable = [features", '# %% tags=["no-effect"]\ntable = [features'
    text = shell.read("notebooks/train.py")
    (shell.top / "notebooks/train.py").write_bytes(text.replace(cell, tag).encode())
    shell.show("mlv", "sync")
    said = shell.show("mlv", "verify", "notebooks/train.ipynb", codes=(1,))
    expect("cell 10 is the cause" in said, "the cell should be named")
    shell.show("git", "checkout", "--quiet", ".")
    shell.expect_clean()


def the_stage(shell: Shell) -> None:
    """Let DVC run the pipeline; it runs again only what an edit has changed."""
    say("The same commits have kept dvc.yaml. One stage of three:")
    shell.show("sed", "-n", "/^  train:/,$p", "dvc.yaml")
    shell.quiet("dvc", "init", "--quiet")
    shell.show("dvc", "repro", "--quiet")
    shell.quiet("git", "add", ".")
    shell.show("git", "commit", "--quiet", "-m", "Run it all with DVC")
    shell.show("dvc", "metrics", "show")

    say("A comment is no reason to train again:")
    shell.edit("notebooks/train.ipynb", "learning_rate = 0.2", "learning_rate = 0.2  # was 0.5")
    shell.show("git", "commit", "--quiet", "--all", "-m", "Say why")
    said = shell.show("dvc", "repro")
    expect("Running stage" not in said, "a comment should run nothing")

    say("What it made goes to a store, and a colleague's clone has it without a run:")
    shell.show("dvc", "remote", "add", "--quiet", "--default", "store", "../store")
    shell.show("git", "commit", "--quiet", "--all", "-m", "Keep the data in a store")
    shell.show("dvc", "push", "--quiet")
    shell.show("git", "clone", "--quiet", ".", "../colleague")
    colleague = replace(shell, top=shell.top.parent / "colleague")
    colleague.show("dvc", "pull", "--quiet")
    said = colleague.show("dvc", "status")
    expect("up to date" in said, "the clone should have all results")

    say("Another value runs what depends on it, and no more:")
    said = shell.show("dvc", "exp", "run", "--set-param", "train.decay=0.1")
    expect("Running stage 'train'" in said, "the training should run again")
    expect("Running stage 'prepare'" not in said, "preparing the data should not")
    shell.quiet("git", "checkout", "--quiet", ".")
    shell.expect_clean()


def both_sides(shell: Shell) -> None:
    """Edit different cells on both sides: the commit merges them, and outputs stay."""
    notebook, script = "notebooks/train.ipynb", "notebooks/train.py"
    outputs = [cell.get("outputs") for cell in json.loads(shell.read(notebook))["cells"]]

    say("A developer edits the script while the notebook changes in another cell:")
    shell.edit(script, 'words = row["comment"].split()', 'words = set(row["comment"].split())')
    shell.edit(notebook, "epochs = 200", "epochs = 300")
    shell.show("git", "commit", "--quiet", "--all", "-m", "Look words up in a set, learn longer")

    say("Both edits are in both files, and the notebook kept the outputs of the other cells:")
    shell.show("git", "show", "--stat=72", "--format=%h %s")
    shell.show("git", "show", "--unified=1", "--format=")
    for path in (notebook, script):
        text = shell.read(path).replace("\\", "")
        expect('words = set(row["comment"].split())' in text, f"{path} lost the script's edit")
        expect("epochs = 300" in text, f"{path} lost the notebook's edit")
    after = [cell.get("outputs") for cell in json.loads(shell.read(notebook))["cells"]]
    expect(after == outputs, "outputs of cells that nobody ran again should stay")
    shell.expect_clean()


def conflict(shell: Shell) -> None:
    """Edit the same cell on both sides: refused, nothing lost, one command decides."""
    notebook, script = "notebooks/train.ipynb", "notebooks/train.py"
    say("Two different values in the same cell, one on each side:")
    shell.edit(notebook, "decay = 0.001", "decay = 0.01")
    shell.edit(script, "decay = 0.001", "decay = 0.0")
    head, texts = (
        shell.quiet("git", "rev-parse", "HEAD"),
        (shell.read(notebook), shell.read(script)),
    )
    said = shell.show("git", "commit", "--quiet", "--all", "-m", "Another decay", codes=(1,))
    expect("--prefer" in said, "the refusal should say what to type")
    expect(shell.quiet("git", "rev-parse", "HEAD") == head, "a conflict must not be committed")
    expect(texts == (shell.read(notebook), shell.read(script)), "a refusal must write nothing")

    say("Nothing was written. The notebook is right this time:")
    shell.show("mlv", "sync", "--prefer", "notebook")
    expect("decay = 0.01\n" in shell.read(script), "the script should now say 0.01")
    say("What was overwritten is kept, even if git never saw it:")
    shell.show("mlv", "backups", "list")
    kept = shell.quiet("git", "show", f"refs/mlv/backups:{script}")
    expect(kept == texts[1], "the overwritten script should be in the backups")
    shell.show("git", "commit", "--quiet", "--all", "-m", "Another decay")
    shell.show("git", "log", "--oneline")
    shell.expect_clean()


def rename_and_delete(shell: Shell) -> None:
    """Rename a notebook and delete another: their scripts follow."""
    say("A notebook gets a better name, another is not needed any more:")
    shell.show("git", "mv", "notebooks/train.ipynb", "notebooks/fit.ipynb")
    shell.show("git", "rm", "--quiet", "notebooks/evaluate.ipynb")
    shell.show("git", "commit", "--quiet", "-m", "Rename the training, drop the evaluation")

    say("Their scripts went the same way:")
    shell.show("git", "show", "--summary", "--format=%h %s")
    scripts = shell.quiet("git", "ls-files", "*.py").split()
    left = [
        f"{folder}/{name}.py" for folder in ("notebooks", "steps") for name in ("fit", "prepare")
    ]
    expect(scripts == left, "scripts and steps should follow")
    shell.expect_clean()


def main() -> int:
    """Tell the story; return 0 when every step did what it should."""
    top = Path(tempfile.mkdtemp(prefix="mlv-demo-")) / "churn"
    try:
        shell = new_project(top)
        for chapter in (
            first_commit,
            one_cell,
            the_step,
            the_stage,
            both_sides,
            conflict,
            rename_and_delete,
        ):
            chapter(shell)
    except DemoError as error:
        print(f"\nThe demo failed: {error}\nThe repository is in {top}", file=sys.stderr)
        return 1
    print(f"\nLook around:  cd {shlex.quote(str(top))} && . {shlex.quote(str(BIN / 'activate'))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
