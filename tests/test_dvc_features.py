"""Each feature of the vocabulary, through DVC itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from piped import dvc, is_settled, stages
from ruamel.yaml import YAML
from samples import code, notebook
from support import Repo

RAW = 'data/it\'s $HOME; (a) & "q" é🦉 #1.csv'
OUT = "out/-x $(date) {b} ~!.txt"
BESIDE = "-dash dir/a b.txt"
ODD = f'''"""Odd.

:param str text: anything
:dvc-in raw:
:dvc-out made:
:dvc-out-persist log: log/
:dvc-metric scores: metrics/odd.json
:dvc-plot curve: plots/loss.csv
:dvc-in: {BESIDE}
"""
raw = {RAW!r}
made = {OUT!r}
log = "log/"
scores = "metrics/odd.json"
curve = "plots/loss.csv"
text = "it's"'''
MAKE = """import json, os
for path in (made, scores, curve, log + 'x'):
    os.makedirs(os.path.dirname(path), exist_ok=True)
with open(made, 'w') as file:
    file.write(open(raw).read() + text)
with open(log + 'all', 'a') as file:
    file.write('ran ' + text + '\\n')
with open(scores, 'w') as file:
    json.dump({'size': len(text)}, file)
with open(curve, 'w') as file:
    file.write('step,loss\\n1,0.5\\n2,0.25\\n')
"""
PLAIN = '"""Count.\n\n:dvc-in made:\n:dvc-out count: out/count.txt\n"""\n'
PLAIN += f'made = {OUT!r}\ncount = "out/count.txt"'
COUNT = "with open(count, 'w') as file:\n    file.write(str(len(open(made).read())))"
EACH = '"""Each."""\ntext = "a"\nfast = True\nends = [1]'
EACH_WORK = """import os
os.makedirs('m', exist_ok=True)
with open(f'm/{text}-{str(fast).lower()}.txt', 'w') as file:
    file.write(repr((text, fast, ends)))
"""
VALUES = ["a b", 'it\'s $HOME "q"', "-c", "é;"]
BY_HAND = """\
  each:   # by hand
    foreach: [one, two]
    do:
      cmd: echo ${item} > ${item}.txt
      outs: [ "${item}.txt" ]
  grid:
    matrix: {a: [1, 2]}
    cmd: echo ${item.a} > grid-${item.a}.txt
    outs:
    - grid-${item.a}.txt
"""


def tagged(parameters: str, work: str, **metadata: object) -> bytes:
    cell = code(parameters, metadata={"tags": ["parameters"]})
    return notebook(cell, code(work), metadata=metadata)


@pytest.fixture
def odd(repo: Repo) -> Repo:
    """A repository with stages of odd paths, of notebooks and by hand; all has run."""
    repo.write(RAW, "raw ")
    repo.write(BESIDE, "beside\n")
    repo.write("odd.ipynb", tagged(ODD, MAKE))
    repo.write("count.ipynb", tagged(PLAIN, COUNT))
    stage = {"matrix": {"text": VALUES, "fast": [True, False]}, "outs": ["m/${key}.txt"]}
    repo.write("each.ipynb", tagged(EACH, EACH_WORK, mlv={"stages": {"of_each": stage}}))
    repo.add()
    repo.commits()
    dvc(repo, "init", "--quiet")
    repo.write("dvc.yaml", repo.read("dvc.yaml") + BY_HAND.encode())
    dvc(
        repo,
        "stage",
        "add",
        "--quiet",
        "-n",
        "mine",
        "-d",
        "out/count.txt",
        "-o",
        "by",
        "echo 1>by",
    )
    dvc(repo, "repro", "--quiet")
    repo.add()
    repo.commits()
    return repo


def test_the_vocabulary_in_a_life_with_dvc(odd: Repo) -> None:
    # It runs, with paths of every kind.
    assert odd.read(OUT) == b"raw it's"
    assert odd.read("out/count.txt") == b"8"
    for text in VALUES:
        for fast in (True, False):
            made = odd.read(f"m/{text}-{str(fast).lower()}.txt").decode()
            assert made == repr((text, fast, [1]))
    is_settled(odd)
    assert "size" in dvc(odd, "metrics", "show", "--json")
    dvc(odd, "plots", "show", "--quiet")
    assert b"0.25" in odd.read("dvc_plots/index.html")
    odd.git("clean", "-fdq", "dvc_plots")

    # Another value by an experiment: only what depends on it, and the log stays.
    text = "yes, 'quoted' $HOME"
    said = dvc(odd, "exp", "run", "--set-param", f'odd.text="{text}"')
    assert "Running stage 'odd'" in said and "Running stage 'grid" not in said
    assert odd.read(OUT).decode() == f"raw {text}"
    assert odd.read("log/all").decode() == f"ran it's\nran {text}\n"
    assert text in dvc(odd, "params", "diff")
    assert json.loads(dvc(odd, "metrics", "diff", "--json"))
    assert odd.mlv("sync").said == ""
    odd.add()
    odd.commits()

    # Frozen by DVC, and kept by a commit that changes the stage.
    dvc(odd, "freeze", "--quiet", "count")
    odd.edit("count.ipynb", ":dvc-out", ":dvc-in: notes.txt\n:dvc-out")
    odd.commits("-a")
    assert stages(odd)["count"]["frozen"] is True
    assert "notes.txt" in stages(odd)["count"]["deps"]
    done = odd.run("dvc", "freeze", "odd")
    assert done.code != 0 and "parametrized" in done.said

    # What others wrote is as they wrote it, and our stages stand beside.
    held = odd.read("dvc.yaml").decode()
    assert BY_HAND.splitlines()[0] in held and "mine:" in held
    assert held.index("count:") < held.index("odd:")
    assert YAML(typ="safe").load(held)["stages"].keys() == {
        *("odd", "count", "of_each", "each", "grid", "mine")
    }


def test_a_remote_gives_a_second_clone_all_results(odd: Repo) -> None:
    dvc(odd, "remote", "add", "--quiet", "--default", "store", "../store")
    odd.add()
    odd.commits()
    dvc(odd, "push", "--quiet")
    other = replace(odd, top=odd.top.parent / "other")
    odd.git("clone", "--quiet", str(odd.top), str(other.top))
    dvc(other, "pull", "--quiet")
    assert other.read(OUT) == b"raw it's"
    is_settled(other)
    assert other.mlv("sync", "--check").code == 0
    assert other.status() == {}
