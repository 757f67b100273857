"""What libraries do: the files are sound, and the cells that people write are judged right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mlv_hooks.analysis import knowledge
from mlv_hooks.analysis.dataflow import Analysis, Effect, analyse
from mlv_hooks.analysis.knowledge import entry, exports, function, parse_type, type_facts
from mlv_hooks.analysis.source import parse_cell
from mlv_hooks.analysis.values import IMMUTABLE, Type

FILES = sorted(knowledge.FOLDER.glob("*.json"))
SPECIAL = {"item", "item0", "self", "?"}

START = """\
import numpy as np
import pandas as pd
import matplotlib
import matplotlib.pyplot as plt
import seaborn as sns
import torch
import scipy.stats as stats
import plotly.express as px
from pathlib import Path
from tqdm import tqdm
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, confusion_matrix, classification_report
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("data.csv", index_col=0)
s = df["price"]
X = df[["a", "b"]].values
y = np.array([1, 2, 3])
iris = load_iris()
forest = RandomForestClassifier()
seeded = RandomForestClassifier(random_state=0)
linear = LinearRegression().fit(X, y)
fitted = RandomForestClassifier(random_state=0).fit(X, y)
grid = GridSearchCV(forest, {"max_depth": [1, 2]})
t = torch.zeros(3)
rng = np.random.default_rng(0)
fig, ax = plt.subplots()
limit = 3
"""


def notebook(*texts: str) -> Analysis:
    return analyse([parse_cell(text, k) for k, text in enumerate(texts, start=1)])


def after_start(text: str) -> Analysis:
    return notebook(
        START, text, "df, s, X, y, iris, forest, seeded, linear, fitted, grid, t, rng, fig, ax"
    )


def kinds(effects: tuple[Effect, ...]) -> set[str]:
    return {effect.kind for effect in effects}


LOOKING_LINES = """\
df
df.head()
df.tail(3).T
df.describe(include="all").T
df.info()
df.shape
df.columns
df.dtypes
df.isna().sum().sort_values(ascending=False)
df.isnull().sum() / len(df) * 100
df.nunique()
df.corr()
df["a"].value_counts(normalize=True)
df.a.unique()
df[df.a > 3].b.mean()
df[["a", "b"]].head()
df.loc[df["a"] > 1, "b"].describe()
df.iloc[:5, 1:3]
df.loc[3]
df.sort_values("a", ascending=False).head(10)
df.drop(columns=["a"]).head()
df.dropna().shape
df.groupby("a")["b"].mean().reset_index().head()
df.groupby(["a", "b"]).agg({"c": ["mean", "std"], "d": "sum"})
df.groupby("a").size().plot.bar()
df.groupby("a").apply(lambda g: g.b.max() - g.b.min())
df.pivot_table(index="a", columns="b", values="c", aggfunc="mean")
df.query("a > @limit and b < 3")
df.corr().style.background_gradient(cmap="coolwarm")
df.sample(5, random_state=1)
df.hist(figsize=(10, 10));
df.plot(x="a", y="b", kind="scatter")
df.plot.scatter("a", "b"); plt.title("x"); plt.show()
df["a"].hist(bins=30)
df["name"].str.lower().str.split(" ").str.len().max()
df["when"].dt.year.value_counts().sort_index().plot()
df.apply(lambda row: row.a + row["b"], axis=1)
df.assign(z=lambda d: d.a + 1).head()
for column in df.columns: print(column, df[column].nunique())
for name, group in df.groupby("a"): display(group.head()); print(name, group.shape)
for i, row in df.head().iterrows(): print(i, row["a"])
pd.crosstab(df.a, df.b, normalize="index").plot(kind="bar", stacked=True)
pd.read_csv("other.csv").head()
pd.concat([df, df]).shape
pd.DataFrame({"name": df.columns, "n": df.nunique().values}).sort_values("n")
pd.isna(df).any()
np.mean(X, axis=0), np.unique(y, return_counts=True)
X[:5]
X.shape, y.dtype
X.T @ X
np.allclose(X.sum(axis=0), X.sum(axis=0))
print(np.round(X.mean(), 2))
plt.plot(df.x); plt.show()
plt.figure(figsize=(8, 4)); plt.hist(s, bins=50); plt.xlabel("x"); plt.tight_layout(); plt.show()
plt.imshow(X.reshape(3, -1), cmap=plt.cm.viridis); plt.colorbar(); plt.axis("off")
sns.pairplot(df, hue="a")
sns.heatmap(df.corr(), annot=True, fmt=".2f")
sns.boxplot(x="a", y="b", data=df)
sns.countplot(data=df, x="a").set_title("n")
sns.histplot(df["a"], kde=True); plt.axvline(df.a.mean(), color="red")
accuracy_score(y, fitted.predict(X))
print(classification_report(y, fitted.predict(X)))
sns.heatmap(confusion_matrix(y, linear.predict(X)), annot=True)
linear.coef_, linear.intercept_
pd.Series(fitted.feature_importances_, index=df.columns[:2]).sort_values().plot.barh()
cross_val_score(linear, X, y, cv=5).mean()
cross_val_score(seeded, X, y, cv=5).mean()
fitted.score(X, y)
grid.best_params_
iris.feature_names
iris.data[:3]
print(iris.DESCR)
t.shape
torch.cuda.is_available()
stats.pearsonr(df.a, df.b)
stats.norm.pdf(X)
px.scatter(df, x="a", y="b").show()
list(Path("data").glob("*.csv"))
for v in tqdm(range(3)): print(v)
""".splitlines()
LOOKING_CELLS = [
    "f2, axes = plt.subplots(1, 2, figsize=(10, 4))\nfor a, c in zip(axes.flat, df.columns):\n"
    "    sns.histplot(df[c], ax=a)\n    a.set_title(c)\nplt.tight_layout()\nplt.show()",
    "f2, a = plt.subplots()\na.plot(df.x, df.y, label='x')\na.legend(loc='best')",
    "top = df.copy()\ntop['z'] = top.a / top.b\ntop.sort_values('z', inplace=True)\ntop.head()",
    "counts = {}\nfor v in df['a']:\n    counts[v] = counts.get(v, 0) + 1\nprint(counts)",
    "def bars(frame, column, title=None):\n    f2, a = plt.subplots()\n"
    "    frame[column].value_counts().plot.bar(ax=a)\n    a.set_title(title or column)\n"
    "bars(df, 'a')",
    "scaled = StandardScaler().fit_transform(X)\nprint(scaled.mean())",
    "local = RandomForestClassifier(random_state=1)\nlocal.fit(X, y)\nlocal.score(X, y)",
    "a, b = train_test_split(X, random_state=0)\nprint(len(a))",
    "own = np.random.default_rng(1)\nplt.hist(own.normal(size=10))",
    "for train, test in KFold(5).split(X): print(train[:3], test.shape)",
]


@pytest.mark.parametrize("text", [*LOOKING_LINES, *LOOKING_CELLS])
def test_what_people_look_with_is_found(text: str) -> None:
    found = after_start(text)
    assert found.only_looks(2), found.cells[1]


DOING = """\
df["z"] = df.a + 1
df.z = 1
df.loc[0, "a"] = 1
df.iloc[0] = 1
df.at[0, "a"] = 1
df.drop(columns=["a"], inplace=True)
df.sort_values("a", inplace=True)
df.fillna(0, inplace=flag_of_unknown_value)
df.pop("a")
df.insert(0, "q", 1)
df.columns = ["a"]
df.index.name = "i"
del df["a"]
s[0] = 1
s.fillna(0, inplace=True)
df["a"].replace(1, 2, inplace=True)
df.values[0] = 1
df.update(df)
df.sample(5)
df.sample(frac=1).head()
df.sample(5, random_state=None)
df.sample(5, random_state=rng)
df.to_csv("out.csv")
df.to_pickle("x")
df.to_sql("t", engine)
df.eval("c = a + b", inplace=True)
df.unknown_method()
df.apply(unknown_function)
df.apply(np.random.permutation)
X[0] = 1
X.sort()
X.fill(0)
np.add(X, 1, out=X)
np.random.shuffle(y)
np.random.rand(3)
np.random.seed(0)
np.save("x.npy", X)
np.fill_diagonal(X, 0)
np.seterr(all="ignore")
np.set_printoptions(precision=3)
rng.normal()
train_test_split(X, y)
train_test_split(X, y, random_state=None)
forest.fit(X, y)
seeded.fit(X, y)
cross_val_score(forest, X, y)
cross_val_score(grid, X, y)
make_blobs(10)
KMeans(3).fit_predict(X)
RandomForestClassifier().fit(X, y).score(X, y)
make_pipeline(StandardScaler(), RandomForestClassifier()).fit(X, y)
for train, test in KFold(5, shuffle=True).split(X): print(train)
plt.savefig("a.png")
plt.plot(df.x); plt.savefig("a.png")
fig.savefig("a.png")
ax.set_title("x")
ax.plot(df.a)
df.plot(ax=ax)
sns.histplot(df.a, ax=ax)
sns.stripplot(x="a", y="b", data=df)
sns.catplot(x="a", y="b", data=df)
sns.regplot(x="a", y="b", data=df, x_jitter=0.1)
sns.set_theme()
sns.set_style("white")
plt.rcParams["figure.figsize"] = (3, 4)
plt.rcParams.update({"font.size": 3})
matplotlib.rcParams["a"] = 1
matplotlib.use("Agg")
plt.style.use("ggplot")
pd.set_option("display.max_rows", 5)
pd.options.display.max_rows = 5
np.float = float
torch.manual_seed(0)
torch.rand(3)
torch.backends.cudnn.benchmark = True
t.add_(1)
t[0] = 1
torch.save(t, "t.pt")
stats.norm.rvs(3)
sns.load_dataset("iris").to_csv("x")
Path("x").write_text("a")
Path("x").mkdir()
iris.data[0] = 1
iris["data"] = 1
""".splitlines()


@pytest.mark.parametrize("text", DOING)
def test_what_changes_or_draws_or_writes_is_never_said_to_only_look(text: str) -> None:
    found = after_start(text)
    assert not found.only_looks(2), found.cells[1]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("df['z'] = 1", "df s"),
        ("part = df.head()\npart['z'] = 1", "df part"),
        ("part = df.copy()\npart['z'] = 1", "part"),
        ("part = df.dropna()\npart['z'] = 1", "part"),
        ("part = df[df.a > 1]\npart.sort_values('a', inplace=True)", "df part"),
        ("view = X[:2]\nview[0] = 1", "X view"),
        ("flat = X.ravel()\nflat += 1", "X flat"),
        ("again = np.asarray(X)\nagain[0] = 1", "X again"),
        ("copied = np.array(X)\ncopied[0] = 1", "copied"),
        ("total = X + 1\ntotal[0] = 1", "total"),
        ("seeded.fit(X, y)", "seeded"),
        ("ax.plot(df.a)", "ax fig"),
    ],
)
def test_copies_are_told_from_views(text: str, changes: str) -> None:
    names = {"df", "s", "X", "y", "part", "view", "flat", "again", "copied", "total", "seeded"}
    names |= {"ax", "fig"}
    found = after_start(text).cells[1].whole.changes & names
    assert found >= set(changes.split())
    if "df" not in changes and "X" not in changes:
        assert not found & {"df", "X"}


def test_plots_outlive_their_cell_with_another_backend() -> None:
    texts = (START, "plt.plot(df.x)", "df")
    assert notebook(*texts).only_looks(2)
    for magic in ("%matplotlib widget", "%matplotlib notebook", "%matplotlib qt"):
        assert not notebook(magic, *texts).only_looks(3)
    assert not notebook("%config InlineBackend.close_figures = False", *texts).only_looks(3)
    assert notebook("%matplotlib inline", *texts).only_looks(3)


def test_names_that_a_query_mentions_are_read() -> None:
    facts = after_start("df.query('a > @limit')").cells[1].whole
    assert "limit" in facts.reads
    assert after_start("df.query(some)").cells[1].whole.sees_all


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_of_a_file_can_be_read(path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    owner = {"stdlib": "os", "builtins": "builtins"}.get(path.stem, path.stem)
    assert set(data) == {"modules", "types"}
    lines = [
        (name, line)
        for module in data["modules"].values()
        for names, line in module.get("functions", {}).items()
        for name in names.split()
    ]
    for kind in data["types"].values():
        lines += [
            (name, line)
            for names, line in kind.get("methods", {}).items()
            for name in names.split()
        ]
        lines += [("call", kind["call"])] if "call" in kind else []
    types = [
        line for module in data["modules"].values() for line in module.get("objects", {}).values()
    ]
    for kind in data["types"].values():
        types += kind.get("attributes", {}).values()
        getitem = kind.get("getitem", "?")
        types += getitem.values() if isinstance(getitem, dict) else [getitem]
        types += [kind[key] for key in ("iter", "ops", "enter") if key in kind]
    for name, line in lines:
        assert name.isidentifier(), name
        found = entry(owner, line)
        known(found.result)
        for other, _ in found.becomes:
            known(other)
    for line in types:
        known(parse_type(owner, line))


def known(kind: Type | None) -> None:
    """Assert that a type is one that some file describes."""
    if kind is None or kind.name in SPECIAL:
        return
    assert kind.name in IMMUTABLE or type_facts(kind.name) is not None, kind
    for item in kind.items:
        known(item)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_name_is_listed_twice(path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    tables = [part for module in data["modules"].values() for part in module.values()]
    tables += [
        kind.get(key, {}) for kind in data["types"].values() for key in ("methods", "attributes")
    ]
    for table in tables:
        names = [name for key in table for name in key.split()]
        assert sorted(set(names)) == sorted(names)


def test_a_clause_that_no_one_knows_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such clause as 'writs'"):
        entry("pandas", "None; writs file")


def test_every_clause_is_described() -> None:
    text = (knowledge.FOLDER / "README.md").read_text(encoding="utf-8")
    used = {
        clause.split()[0]
        for path in FILES
        for line in re.findall(r'": "([^"]*;[^"]*)"', path.read_text(encoding="utf-8"))
        for clause in line.split(";")[1:]
    }
    assert [word for word in sorted(used) if f"`{word}" not in text] == []


def test_a_library_is_read_only_when_a_notebook_uses_it() -> None:
    knowledge.library.cache_clear()
    notebook("import math\nmath.sqrt(2)")
    read = knowledge.library.cache_info().currsize
    assert read <= 4
    assert function("pandas.read_csv") is not None
    assert "DataFrame" in exports("pandas")


def test_an_unknown_library_is_an_effect() -> None:
    found = notebook("import of_my_own", "of_my_own.f(1)", "from of_my_own import g\ng()")
    assert [kinds(cell.whole.effects) for cell in found.cells] == [{"unknown"}] * 3
