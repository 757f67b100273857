"""The schema of `mlv.stages` that ships for editors says what the reader says."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mlv_hooks.declared.dvc_run import Script
from mlv_hooks.declared.stages_metadata import FLAGS, PLOT_FLAGS, WORDS, read_metadata

SCHEMA: dict[str, Any] = json.loads(files("mlv_hooks").joinpath("stages.schema.json").read_text())
SCRIPT = Script("steps/train.py", "train.dvc")


def mostly(good: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw from ``other`` now and then: enough stages are right, and enough are wrong in one."""
    return st.integers(0, 11).flatmap(lambda number: other if number == 0 else good)


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.floats(0, 1), st.sampled_from(["x", " ", ""])
)
ANY = st.one_of(
    PLAIN, st.lists(PLAIN, max_size=2), st.dictionaries(st.sampled_from(["a", "mlv"]), PLAIN)
)
PATHS = mostly(st.sampled_from(["a", "./b/", "data/${item.x}.csv", "s3://b/x"]), PLAIN)
KEYS = mostly(st.sampled_from(["a", "b.yaml"]), st.sampled_from(["", " "]))
TEXT = mostly(st.sampled_from(["x", "--rate 1", "$MLV_PY_CMD_PATH -a"]), ANY)
BOOL = mostly(st.booleans(), ANY)
SCALAR = mostly(st.one_of(st.integers(0, 3), st.floats(0, 1), st.sampled_from(["x", ""])), PLAIN)
KINDS = {
    "a text": mostly(st.sampled_from(["x", ""]), ANY),
    "true or false": BOOL,
    "a list of texts": mostly(st.lists(st.sampled_from(["x", ""]), max_size=2), ANY),
    "anything": ANY,
}


def flag_sets(known: dict[str, str]) -> st.SearchStrategy[Any]:
    names = mostly(st.sampled_from(list(known)), st.sampled_from(["x", "checkpoint", "chache"]))
    one = names.flatmap(
        lambda name: st.tuples(st.just(name), KINDS[PLOT_FLAGS.get(name, "anything")])
    )
    return mostly(st.lists(one, max_size=2).map(dict), ANY)


def outputs(known: dict[str, str]) -> st.SearchStrategy[Any]:
    detailed = st.dictionaries(KEYS, flag_sets(known), max_size=2)
    return mostly(st.lists(PATHS | detailed, max_size=2), ANY)


def table(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return mostly(st.dictionaries(KEYS, values, max_size=2), ANY)


def lists(items: st.SearchStrategy[Any], least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(items, min_size=least, max_size=2)


GOOD: dict[str, st.SearchStrategy[Any]] = {
    "cmd": TEXT,
    "deps": mostly(lists(PATHS), ANY),
    "params": mostly(lists(TEXT | table(st.none() | KINDS["a list of texts"])), ANY),
    "outs": outputs(FLAGS),
    "metrics": outputs(FLAGS),
    "plots": outputs(PLOT_FLAGS),
    "args": table(SCALAR | mostly(lists(SCALAR, 1), lists(SCALAR))),
    "extra": TEXT,
    "matrix": table(mostly(lists(ANY, 1) | st.just("${clients}"), ANY)),
    "frozen": BOOL,
    "always_changed": BOOL,
    "desc": TEXT,
    "meta": mostly(st.dictionaries(st.just("owner"), ANY), ANY),
    "vars": mostly(lists(PATHS | st.dictionaries(st.just("a"), PLAIN)), ANY),
}
WORD = mostly(st.sampled_from(list(WORDS)), st.sampled_from(["wdir", "otus"])).flatmap(
    lambda word: st.tuples(st.just(word), GOOD.get(word, ANY))
)
STAGE = mostly(st.lists(WORD, max_size=2).map(dict), ANY)
NAMES = mostly(st.sampled_from(["train", "a-b"]), st.sampled_from(["1st", "a b", ""]))
STAGES = mostly(st.dictionaries(NAMES, STAGE, min_size=1, max_size=2), ANY)


def reads(stages: object) -> bool:
    return read_metadata({"mlv": {"stages": stages}}, SCRIPT)[1] == ()


@settings(max_examples=500)
@given(STAGES)
def test_schema_and_reader_accept_the_same_stages(stages: object) -> None:
    valid = Draft202012Validator(SCHEMA).is_valid(stages)
    assert valid == reads(stages)


def test_schema_and_reader_know_the_same_words() -> None:
    defined = SCHEMA["$defs"]
    assert list(defined["stage"]["properties"]) == list(WORDS)
    assert list(defined["flags"]["properties"]) == list(FLAGS)
    assert list(defined["plot_flags"]["properties"]) == list(PLOT_FLAGS)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
