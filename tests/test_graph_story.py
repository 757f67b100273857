"""`mlv graph` on a pipeline that DVC has run: it says what `dvc status` says, without DVC."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from piped import dvc
from support import Repo

from mlv_hooks.graph.model import Standing

BY_HAND = r"""
  same:
    cmd: cp ${paths.in} same.txt
    deps: [in/same.txt]
    outs: [same.txt]
  dep:
    cmd: cp in/dep.txt dep.txt
    deps: [in/dep.txt]
    outs: [dep.txt]
  param:
    cmd: echo ${words.first} ${words.more} > param.txt
    params: [words, {other.toml: [deep.rate]}]
    outs: [param.txt]
  command:
    cmd: echo one > command.txt
    outs: [command.txt]
  out:
    cmd: echo out > out.txt
    outs:
    - out.txt:
        cache: false
  gone:
    cmd: echo gone > gone.txt
    outs: [gone.txt]
  folder:
    wdir: in
    cmd: mkdir -p ../packed && cp -r folder/* ../packed
    deps: [folder]
    outs: [../packed]
  inner:
    cmd: cp packed/kept.txt inner.txt
    deps: [packed/kept.txt]
    metrics: [inner.txt]
  cold:
    cmd: cp in/cold.txt cold.txt
    deps: [in/cold.txt]
    outs: [cold.txt]
  after_cold:
    cmd: cp cold.txt warm.txt
    deps: [cold.txt]
    outs: [warm.txt]
  always:
    cmd: echo always
  longer:
    cmd: cp in/same.txt longer.txt
    deps: [in/same.txt]
    outs: [longer.txt]
  each:
    foreach: [one, true]
    do:
      cmd: cp in/${item}.txt each_${item}.txt
      deps: ["in/${item}.txt"]
      outs: ["each_${item}.txt"]
  options:
    cmd: echo ${given} '\${HOME}' > options.txt
    outs: [options.txt]
  grid:
    matrix:
      size: [1, 2.5]
      shape: [{kind: round}]
    cmd: echo ${item.size} ${item.shape.kind} > grid_${key}.txt
    outs: ["grid_${key}.txt"]
vars:
- paths: {in: in/same.txt}
"""
TOML = "[deep]\nrate = 0.5\n"
WORDS = """
words: {first: a b, more: 1.0e-3}
given: {flag: true, not: false, list: [a b, 1], name: x y, none: null, deep: {er: 2.50}}
"""


def told(said: str) -> dict[str, str]:
    """Return how each stage stands, by what the tree says."""
    words = "|".join(one.value for one in Standing if one.value)
    head = rf"^[^●○\n]*[●○] (\S+)(?:  \S+|  \(\d runs\))*?  ({words})$"
    return dict(re.findall(head, said, re.MULTILINE))


def without_dvc(repo: Repo) -> Repo:
    """Return a repository in which DVC fails, as program and as module, for who asks for it."""
    fake = repo.top.parent / "fake"
    (fake / "dvc").mkdir(parents=True)
    (fake / "dvc" / "__init__.py").write_text("raise SystemExit('DVC was imported')\n")
    (fake / "bin").mkdir()
    (fake / "bin" / "dvc").write_text(f"#!/bin/sh\ntouch '{fake}/called'\nexit 1\n")
    (fake / "bin" / "dvc").chmod(0o755)
    path = f"{fake / 'bin'}{os.pathsep}{repo.env['PATH']}"
    return repo.having(PATH=path, PYTHONPATH=str(fake))


def test_it_says_what_dvc_status_says(run: Repo) -> None:
    run.write("dvc.yaml", run.read("dvc.yaml") + BY_HAND.encode())
    run.write("params.yaml", run.read("params.yaml") + WORDS.encode())
    run.write("other.toml", TOML)
    for name in ("same", "dep", "cold", "one", "true", "folder/kept", "folder/other"):
        run.write(f"in/{name}.txt", f"{name}\n")
    dvc(run, "repro", "--quiet")
    assert Path(run.top, "grid_2.5-shape0.txt").exists()

    alone = without_dvc(run)
    before = told(alone.mlv("graph").out)
    assert {name: one for name, one in before.items() if one != "up to date"} == {"always": "stale"}

    run.edit("in/dep.txt", "dep", "DEP")
    run.edit("params.yaml", "first: a b", "first: a c")
    run.edit("other.toml", "0.5", "0.25")
    run.edit("dvc.yaml", "echo one", "echo two")
    run.write("out.txt", "tuo\n")
    (run.top / "gone.txt").unlink()
    run.write("in/folder/other.txt", "OTHER\n\n")
    run.edit("in/cold.txt", "cold", "COLD")
    run.edit("dvc.yaml", "outs: [cold.txt]", "outs: [cold.txt]\n    frozen: true")
    run.edit("in/true.txt", "true", "eurt")
    run.edit("dvc.yaml", "longer.txt\n    deps: [in/same.txt]", "longer.txt\n    deps: [in]")
    run.edit("params.yaml", "rows: 2", "rows: 3")
    run.write("dvc.yaml", run.read("dvc.yaml").replace(b"vars:\n", b"  new: {cmd: x}\nvars:\n"))

    status = json.loads(dvc(run, "status", "--json"))
    done = alone.mlv("graph")
    found = told(done.out)
    changed = {name.partition("@")[0] for name in status}
    assert {name for name, one in found.items() if one in ("stale", "never run")} == changed
    assert (found.pop("new"), found["cold"]) == ("never run", "frozen")
    assert {name for name, one in found.items() if one == "may change"} == {"fit", "inner"}
    assert {name for name, one in found.items() if one == "up to date"} == {
        *("same", "after_cold", "grid", "options")
    }
    lines = [" ".join(line.strip("│├─○● ").split()) for line in done.out.splitlines()]
    assert {
        "why params.yaml: prepare.rows changed",
        "why params.yaml: words.first changed, other.toml: deep.rate changed",
        "why in/dep.txt changed",
        "why its command changed",
        "why in/folder changed",
        "why gone.txt is missing",
        "why true: in/true.txt changed",
        "why after folder",
        "why runs always",
        "reads data/raw.txt",
        "writes model.txt, scores.json (metric)",
        "writes inner.txt (metric)",
    } <= set(lines)
    assert done.code == 0 and done.err == ""
    assert not (run.top.parent / "fake" / "called").exists()
