"""Arguments that may be None or off, and above all seeds: "perhaps seeded" is not seeded."""

from __future__ import annotations

import pytest

from mlv_hooks.analysis.dataflow import Facts, analyse
from mlv_hooks.analysis.source import parse_cell


def last(*texts: str) -> Facts:
    return analyse([parse_cell(text, k) for k, text in enumerate(texts, start=1)]).cells[-1].whole


def kinds(facts: Facts) -> set[str]:
    return {effect.kind for effect in facts.effects}


SAMPLE = "import pandas as pd\ndf = pd.read_csv('a')\nfast = len(df) > 9"


@pytest.mark.parametrize(
    "text",
    [
        "seed = None\nif fast:\n    seed = 1",
        "if fast:\n    seed = 1",
        "seed = None\nwhile fast:\n    seed = 1",
        "seed = None\nfor seed in [1]:\n    pass",
        "try:\n    seed = 1\nexcept ValueError:\n    seed = None",
        "seed = 1 if fast else None",
        "seed = {'seed': None, 'n': 1}['seed']",
        "seed = [None, 1][0]",
        "def f():\n    if fast:\n        return 1\nseed = f()",
        "def f(seed=None):\n    return seed\nseed = f() if fast else f(1)",
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        "df.sample(3, random_state=seed)",
        "from sklearn.svm import SVC\nSVC(random_state=seed).fit(df, df)",
        "from sklearn.model_selection import KFold\n"
        "list(KFold(shuffle=True, random_state=seed).split(df))",
    ],
)
def test_a_seed_that_may_be_none_is_no_seed(text: str, use: str) -> None:
    assert "random" in kinds(last(SAMPLE, text, use))


@pytest.mark.parametrize(
    "text",
    [
        "seed = 0",
        "seed = 0\nif fast:\n    seed = 1",
        "if fast:\n    seed = 1\nelse:\n    seed = 2",
        "seed = None\nif fast:\n    seed = 1\nseed = 2",
        "def f():\n    if fast:\n        return 1\n    return 2\nseed = f()",
        "def f():\n    if fast:\n        return 1\n    else:\n        return 2\nseed = f()",
        "seed = {'seed': 3, 'n': 1}['seed']",
    ],
)
def test_a_seed_that_is_a_number_whichever_way_is_one(text: str) -> None:
    assert not kinds(last(SAMPLE, text, "df.sample(3, random_state=seed)"))
    use = "from sklearn.svm import SVC\nSVC(random_state=seed).fit(df, df)"
    assert "random" not in kinds(last(SAMPLE, text, use))


def test_a_generator_that_is_handed_over_as_the_seed_is_drawn_from() -> None:
    made = "import numpy as np\nrng = np.random.RandomState(0)"
    assert "rng" in last(SAMPLE, made, "df.sample(3, random_state=rng)").changes
    use = "from sklearn.svm import SVC\nSVC(random_state=rng).fit(df, df)"
    assert "random" in kinds(last(SAMPLE, made, use))


def test_an_argument_that_may_be_off_leaves_both_results_open() -> None:
    made = "from sklearn.datasets import load_iris\ndata = load_iris(return_X_y=fast)"
    assert "data" in last(SAMPLE, made, "data.frame['x'] = 1").changes
    assert "unknown" in kinds(last(SAMPLE, made, "data.keys()"))


def test_a_name_that_a_star_import_binds_too_may_be_either() -> None:
    made = "from numpy.random import *\nfast = 1\nx = [2]"
    assert "unknown" in kinds(last(made, "if fast:\n    shuffle = len", "shuffle(x)"))


def test_a_builtin_that_only_one_way_hides_may_be_either() -> None:
    assert "unknown" in kinds(last("x = [2]", "if x:\n    exec = len", "exec(x)"))
