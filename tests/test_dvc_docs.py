"""docs/dvc.md tells what is so: its commands run, in their order, and do what it says."""

from __future__ import annotations

from piped import CLEAN, PREPARE, cells, stages
from support import Repo, is_stopped
from test_docs import BLOCK, text_of
from users import ROOT


def sessions() -> list[str]:
    """Return the shell sessions of the page, each as one script."""
    blocks = [body for kind, body in BLOCK.findall(text_of(ROOT / "docs" / "dvc.md"))]
    return [
        "".join(f"{line[2:]}\n" for line in body.splitlines() if line.startswith("$ "))
        for body in blocks
    ]


def told(repo: Repo, script: str) -> str:
    done = repo.having(DVC_NO_ANALYTICS="1").run("sh", "-e", "-c", script)
    assert done.code == 0, done.said
    return done.said


def test_the_commands_of_the_page_do_what_it_says(bare: Repo) -> None:
    run, experiment, remote, branches = sessions()
    assert "Running stage 'fit'" in told(bare, run)
    assert bare.status() == {} and "dvc.lock" in bare.paths()

    said = told(bare, experiment)
    assert "fit.rate" in said and "0.1" in said
    assert bare.read("model.txt") == b"one\ntwo 0.1 True ['a b', '-c']"

    assert told(bare, remote).endswith("Data and pipelines are up to date.\n")
    server = bare.top.parent / "server"
    assert (server / "model.txt").read_bytes() == bare.read("model.txt")

    for name in ("one", "two"):
        bare.git("switch", "--quiet", "-c", name, "main")
        text = PREPARE.replace("clean.txt", f"{name}.txt")
        bare.write(f"learn_{name}.ipynb", cells(text, CLEAN))
        bare.add()
        bare.git("commit", "--quiet", "-m", name)
    is_stopped(bare, "merge", "--no-edit", "one")
    told(bare, branches)
    assert list(stages(bare)) == ["fit", "learn_one", "learn_two", "prepare"]
    assert bare.status() == {}
