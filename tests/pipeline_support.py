"""dvc.yaml files as people write them, and stages as notebooks declare them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from ruamel.yaml import YAML

COMMENTED = """\
# The pipeline of the reviews.
vars:
- limits.yaml
- models: {small: 1}

stages:
  # First of all.
  fetch:   # from the archive
    cmd: |
      # keep this line
      curl -s "https://example.org/a?b=c" > raw.csv

      gzip -k raw.csv
    outs: [raw.csv, 'raw.csv.gz']   # both
    # nothing else

  'clean up':
    cmd: "sed 's/;/,/' raw.csv > clean.csv"
    deps:
      - raw.csv   # of fetch
    outs:
      - clean.csv:
          cache: false
    desc: >
      Folded by hand,
      in two lines.


  train: {cmd: python train.py, deps: [clean.csv], outs: [model.bin]}
  # train_old:
  #   cmd: python old.py

# What to look at.
plots:
  - loss.csv:
      x: step
      y: {loss.csv: [train, valid]}
metrics:
- scores.json
params:
- other.yaml
artifacts:
  reviews:
    path: model.bin
    type: model
"""
GROUPS = """\
stages:
    each:
        foreach:
            - us
            - uk
        do:
            cmd: python clean.py ${item} > ${item}.csv
            outs:
                - ${item}.csv
    grid:
        matrix:
            model: [cnn, "xg boost"]
            feature:
                - one
                - two
        cmd: ./train.sh "${item.model}" ${item.feature}
    keyed:
        foreach: {a: {x: 1}, b: {x: 2}}
        do: {cmd: "echo ${item.x} ${key}"}
"""
ANCHORED = """\
---
.deps: &code
- src/common.py
- src/io.py
.base: &base {wdir: src, always_changed: true}
stages:
  one:
    <<: *base
    cmd: python one.py
    deps: *code
  two:
    cmd: python two.py
    deps: *code
    frozen: true  # until Monday
  three:
    cmd: python three.py
    meta:
      why: "a \\"quoted\\" \\u00e9"
...
"""
PLAIN = """\
stages:
  prepare:
    cmd: python -m steps.prepare
    outs:
    - data/clean.csv
  train:
    cmd: >-
      python -m steps.train
      --reviews data/clean.csv
      ${train}
    deps:
    - data/clean.csv
    - steps/train.py
    params:
    - train
    meta:
      mlv:
        notebook: notebooks/train.ipynb
"""
MIXED = (
    PLAIN
    + """\

  by hand:
    deps: [data/clean.csv]
    cmd: echo "done"

  evaluate:
    cmd: python -m steps.evaluate
    meta:
      mlv:
        notebook: notebooks/evaluate.ipynb
plots: [a.csv]
"""
)
NOTHING = "# Nothing yet.\n"
EMPTY = "vars: [a.yaml]\nstages:   # none so far\n# the rest\nmetrics: [m.json]\n"
BRACES = "stages: {}  # none so far\nplots:\n- p.csv\n"
FILES = (COMMENTED, GROUPS, ANCHORED, PLAIN, MIXED, NOTHING, EMPTY, BRACES, "")


def load(text: str) -> dict[str, Any]:
    """Read YAML as DVC does."""
    return YAML(typ="safe", pure=True).load(text) or {}


def stage(name: str = "train", **other: object) -> dict[str, object]:
    """Return the data of a stage as a notebook declares it."""
    return {
        "cmd": f"python -m steps.{name} --reviews data/reviews.csv "
        f"--model models/{name}.bin ${{{name}}}",
        "deps": ["data/reviews.csv", f"steps/{name}.py"],
        "params": [name],
        "outs": [f"models/{name}.bin"],
        "meta": {"mlv": {"notebook": f"notebooks/{name}.ipynb"}},
        **other,
    }


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PIECES = (
    *("python", "-m", "steps.train", "--reviews", "data/my\\ reviews.csv", "'a  b # c'"),
    *('"x: y"', "${train}", "${item.model}", "--no-shuffle", "&&", "--", "`pwd`", "a" * 90),
    *("", "é", "'"),
)
WORDS = st.lists(st.sampled_from(PIECES), max_size=14)
COMMANDS = st.one_of(WORDS.map(" ".join), ANY_TEXT, WORDS.map("\n".join))
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), ANY_TEXT)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(ANY_TEXT, inner, max_size=3)
    ),
    max_leaves=6,
)
STAGES = st.fixed_dictionaries(
    {"cmd": st.one_of(COMMANDS, st.lists(COMMANDS, min_size=1, max_size=3))},
    optional={
        "deps": st.lists(ANY_TEXT, max_size=3),
        "outs": st.lists(
            st.one_of(
                ANY_TEXT,
                st.dictionaries(
                    ANY_TEXT, st.dictionaries(st.just("cache"), st.booleans()), min_size=1
                ),
            ),
            max_size=3,
        ),
        "matrix": st.dictionaries(ANY_TEXT, st.lists(SCALARS, max_size=3), max_size=2),
        "desc": ANY_TEXT,
        "frozen": st.booleans(),
        "meta": VALUES,
        "new to us": VALUES,
    },
)
