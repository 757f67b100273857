"""Where packages are declared: each kind of file, how they count together, and broken ones."""

from __future__ import annotations

import pytest
from packages_support import Held, projects, undeclared

from mlv_hooks.packages.declaration_files import counts_in, kind_of, listed
from mlv_hooks.packages.declared import NOTHING_KNOWN, Declared, declared_by

PROJECT = '[project]\nname = "churn"\nversion = "1"\n'


def of(files: dict[str, str | bytes]) -> Declared | None:
    held = Held(files)
    return declared_by(listed("", held.names), held.read)


def named(files: dict[str, str | bytes]) -> set[str]:
    found = of(files)
    assert found is not None and found is not NOTHING_KNOWN
    return set(found.named)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            f"{PROJECT}dependencies = ['Pandas>=2', 'a.b_c[x]; python_version<\"3.9\"']",
            "pandas a-b-c",
        ),
        (
            f"{PROJECT}[project.optional-dependencies]\ndev = ['pandas']\nmore = ['numpy~=1.0']",
            "pandas numpy",
        ),
        (
            "[dependency-groups]\ndev = [{include-group = 'test'}, 'pandas']\ntest = ['numpy']",
            "pandas numpy",
        ),
        (
            "[tool.poetry.dependencies]\npython = '^3.10'\nPandas = '*'\nray = {extras = ['tune'], "
            "version = '1'}\nown = {path = '../own'}\n[tool.poetry.dev-dependencies]\nnumpy = '1'\n"
            "[tool.poetry.group.test.dependencies]\nscipy = '1'",
            "pandas ray own numpy scipy",
        ),
        (
            "[tool.pdm.dev-dependencies]\ntest = ['pandas', '-e file:///x/y#egg=scipy']",
            "pandas scipy",
        ),
        (
            "[tool.hatch.envs.test]\ndependencies = ['pandas']\nextra-dependencies = ['numpy']",
            "pandas numpy",
        ),
        ("[tool.uv]\ndev-dependencies = ['pandas']", "pandas"),
        (
            "[tool.flit.metadata]\n"
            "requires = ['pandas']\n"
            "[tool.flit.metadata.requires-extra]\n"
            "a = ['numpy']",
            "pandas numpy",
        ),
        (
            "[tool.pixi.dependencies]\npython = '*'\npytorch = '*'\n[tool.pixi.pypi-dependencies]\n"
            "pandas = {version = '*', extras = ['excel']}\n[tool.pixi.feature.test.dependencies]\n"
            "pytables = '*'\n[tool.pixi.target.linux.dependencies]\nnumpy = '*'",
            "torch pandas tables numpy",
        ),
        ("[project]\nname = 'x'\ndependencies = ['pandas @ https://example.org/p.whl']", "pandas"),
    ],
)
def test_pyproject_is_read_by_the_standards_and_by_each_tool(text: str, names: str) -> None:
    assert named({"pyproject.toml": text}) == set(names.split())


REQUIREMENTS = """\
# comment
--index-url https://example.org/simple
-i https://example.org/simple
pandas == 2.0 ; python_version > "3" # why
NumPy[extra]>=1,\\
    <2 \\
    --hash=sha256:00 --hash=sha256:11
scipy @ https://example.org/scipy.zip ; os_name == "posix"
https://example.org/torch-2.0-cp311-cp311-linux_x86_64.whl
https://example.org/simple/shap-0.4.tar.gz
git+https://example.org/a.git@main#egg=seaborn[x]&subdirectory=b
-e git+ssh://git@example.org/b.git#egg=plotly
--editable=git+https://example.org/lightgbm.git
./wheels/xgboost-1.0-py3-none-any.whl
conda-style=1.0=py_0
-rmore/first.txt
--requirement more/second.txt
-c constraints.txt
"""


def test_a_requirements_file_is_read_as_pip_reads_it() -> None:
    files = {
        "requirements.txt": REQUIREMENTS.replace("\n", "\r\n"),
        "more/first.txt": "-r ../more/second.txt\nimplicit",
        "more/second.txt": "-r first.txt\noptuna",
        "constraints.txt": "networkx==1",
    }
    names = (
        "pandas numpy scipy torch shap seaborn plotly lightgbm xgboost conda-style implicit optuna"
    )

    assert named(files) == set(names.split())


@pytest.mark.parametrize(
    "data",
    [
        "pandas\n".encode("utf-16"),
        b"\xef\xbb\xbfpandas\n",
        b"pandas",
        "pandas  # für später\n".encode(),
    ],
)
def test_the_encodings_of_all_editors_are_read(data: bytes) -> None:
    assert named({"requirements.txt": data}) == {"pandas"}


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("requirements-dev.txt", "pandas", "pandas"),
        ("dev-requirements.in", "pandas", "pandas"),
        ("requirements/train.txt", "-r base.in\npandas\n-e .", "pandas numpy"),
        ("binder/environment.yml", "dependencies: [pandas]", "pandas"),
        (
            "setup.cfg",
            "[options]\ninstall_requires =\n  pandas>=2\n  numpy; extra\n",
            "pandas numpy",
        ),
        (
            "setup.cfg",
            "[options]\ninstall_requires = pandas\n[options.extras_require]\na = scipy\n",
            "pandas scipy",
        ),
        ("setup.cfg", "[options]\ninstall_requires = file: requirements/base.in\n", "numpy"),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=['pandas'])", "pandas"),
        (
            "setup.py",
            "import setuptools\n"
            "R = ['pandas']\n"
            "setuptools.setup(install_requires=R, extras_require={'a': ['scipy']})",
            "pandas scipy",
        ),
        (
            "environment.yml",
            "dependencies:\n"
            "- python=3.11\n"
            "- pip\n"
            "- conda-forge::pandas>=2\n"
            "- pytorch=2=cu\n"
            "- pip:\n"
            "  - scipy==1\n"
            "  - -r requirements/base.in",
            "pip pandas torch scipy numpy",
        ),
        (
            "environment-dev.yaml",
            "dependencies: [msgpack-python, py-opencv, mkl]",
            "msgpack opencv-python",
        ),
        (
            "Pipfile",
            "[packages]\n"
            "pandas = '*'\n"
            "[dev-packages]\n"
            "scipy = {version = '1'}\n"
            "[source]\n"
            "url = 'x'\n"
            "[requires]\n"
            "python_version = '3'",
            "pandas scipy",
        ),
        (
            "pixi.toml",
            "[dependencies]\npytorch-gpu = '*'\n[pypi-dependencies]\npandas = '*'",
            "torch pandas",
        ),
        (
            "uv.lock",
            "version = 1\n[[package]]\nname = 'pandas'\n[[package]]\nname = 'numpy'\n",
            "pandas numpy",
        ),
        ("poetry.lock", "[[package]]\nname = 'Pandas'\n", "pandas"),
    ],
)
def test_every_other_kind_of_file_is_read(path: str, text: str, names: str) -> None:
    files = {path: text, "requirements/base.in": "numpy"}
    if not path.startswith(("requirements/", "setup.cfg", "environment.yml")):
        del files["requirements/base.in"]
    if path.startswith("requirements/"):
        files["pyproject.toml"] = PROJECT

    assert named(files) - {"numpy"} == set(names.split()) - {"numpy"}
    assert counts_in(path) == ""


def test_a_lock_counts_only_where_nothing_else_declares_anything() -> None:
    lock = "[[package]]\nname = 'scipy'\n"

    assert named({"uv.lock": lock, "pyproject.toml": f"{PROJECT}dependencies = ['pandas']"}) == {
        "pandas"
    }
    assert named({"uv.lock": lock, "pyproject.toml": PROJECT}) == {"scipy"}


def test_dependencies_that_setuptools_takes_from_a_file_are_those_of_the_file() -> None:
    text = (
        f"{PROJECT}dynamic = ['dependencies']\n[tool.setuptools.dynamic]\n"
        "dependencies = {file = ['deps/run.txt']}\n"
        "optional-dependencies.dev = {file = 'deps/dev.txt'}"
    )

    files = {"pyproject.toml": text, "deps/run.txt": "pandas", "deps/dev.txt": "scipy"}
    assert named(files) == {"pandas", "scipy"}


def test_a_project_beside_that_is_installed_with_this_one_brings_what_it_declares() -> None:
    text = f"{PROJECT}dependencies = ['pandas']".replace("churn", "common")
    files = {"requirements.txt": "-e ./libs/common[all]\nnumpy", "libs/common/pyproject.toml": text}

    found = of(files)
    assert found is not None
    assert (found.named, found.own, found.is_open) == ({"pandas", "numpy"}, {"common"}, False)
    found = of({"requirements.txt": "-e ./libs/gone\nnumpy"})
    assert found is not None and found.is_open


@pytest.mark.parametrize(
    ("files", "target"),
    [
        (
            {"requirements.txt": "numpy", "pyproject.toml": f"{PROJECT}dependencies=['a']"},
            "pyproject.toml",
        ),
        (
            {
                "requirements.txt": "numpy",
                "pyproject.toml": "[dependency-groups]\ndev = ['pandas']",
            },
            "requirements.txt",
        ),
        ({"requirements.txt": "numpy", "requirements.in": "numpy"}, "requirements.in"),
        ({"requirements.txt": "numpy", "dev-requirements.txt": "pandas"}, "requirements.txt"),
        (
            {"requirements/base.txt": "numpy", "environment.yml": "dependencies: [pandas]"},
            "environment.yml",
        ),
        ({"pyproject.toml": "[dependency-groups]\ndev = ['pandas']"}, "pyproject.toml"),
    ],
)
def test_a_further_package_belongs_into_the_first_file_of_the_runtime(
    files: dict[str, str | bytes], target: str
) -> None:
    found = of(files)
    assert found is not None and found.target == target


def test_conda_gets_the_name_that_conda_has() -> None:
    files = {"environment.yml": "dependencies: [numpy]"}

    assert undeclared("import torch", files=files) == [
        "1:1 torch is declared nowhere: add pytorch to environment.yml"
    ]


# --- nothing, and unknown


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"requirements.txt": "# nothing yet\n"},
        {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"},
        {
            "pyproject.toml": f"{PROJECT}dependencies = []\n"
            "[dependency-groups]\n"
            "dev = ['ruff', 'pytest']"
        },
        {"requirements-dev.txt": "pre-commit\ntypes-requests\npytest-xdist\n"},
        {"constraints.txt": "numpy==1", "requirements/constraints-dev.txt": "numpy==1"},
        {"notes.txt": "numpy", "data/requirements/a.csv": "numpy", "docs/conf.py": ""},
    ],
)
def test_a_project_that_declares_nothing_is_not_held_to_it(files: dict[str, str | bytes]) -> None:
    assert of(files) is None
    assert not undeclared("import seaborn", files=files)


BOMB = "a: &a [1,1]\n" + "".join(
    f"{one}: &{one} [{','.join([f'*{other}'] * 9)}]\n"
    for other, one in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
UNKNOWN: dict[str, dict[str, str | bytes]] = {
    "broken TOML": {"pyproject.toml": "[project\n"},
    "merge markers": {"requirements.txt": "<<<<<<< HEAD\nnumpy\n=======\npandas\n>>>>>>> b\n"},
    "binary requirements": {"requirements.txt": bytes(range(256)) * 10},
    "NULs": {"requirements.txt": "numpy\0"},
    "what pip refuses": {"requirements.txt": "pandas 1.0"},
    "a file that is gone": {"requirements.txt": "numpy\n-r gone.txt"},
    "a file outside": {"requirements.txt": "numpy\n-r ../../gone.txt"},
    "a file far away": {"requirements.txt": "numpy\n-r https://example.org/r.txt"},
    "a huge file": {"requirements.txt": "numpy\n" * 400_000},
    "an endless line": {"requirements.txt": "numpy" + " " * 1_000_000 + "x"},
    "a YAML bomb": {"environment.yml": f"{BOMB}dependencies: *l\n"},
    "a YAML bomb of keys": {
        "environment.yml": "a: &a {x: 1}\nb:\n  <<: [*a, *a]\ndependencies: [numpy]"
    },
    "broken YAML": {"environment.yml": "dependencies: [numpy"},
    "deep YAML": {"environment.yml": "dependencies: " + "[" * 20_000},
    "huge YAML": {"environment.yml": "dependencies:\n" + "- numpy\n" * 20_000},
    "odd YAML": {"environment.yml": "dependencies: ['!']"},
    "deep TOML": {"pyproject.toml": "a = " + "[" * 20_000},
    "a broken setup.cfg": {"setup.cfg": "install_requires = numpy"},
    "a broken setup.py": {"setup.py": "setup(", "requirements.txt": "numpy"},
    "a computed setup.py": {"setup.py": "setup(install_requires=read())"},
    "a changed list": {"setup.py": "R = ['numpy']\nR.append('x')\nsetup(install_requires=R)"},
    "keywords of a setup.py": {"setup.py": "setup(**options)"},
    "a deep setup.py": {"setup.py": "setup(install_requires=" + "[" * 150 + "]" * 150 + ")"},
    "two setups": {"setup.py": "if x:\n  setup()\nelse:\n  setup(install_requires=['a'])"},
    "a hook of a build": {"pyproject.toml": f"{PROJECT}dynamic = ['dependencies']"},
    "odd dependencies": {"pyproject.toml": f"{PROJECT}dependencies = [1]"},
    "odd groups": {"pyproject.toml": "[dependency-groups]\na = 'numpy'"},
    "all of Anaconda": {"environment.yml": "dependencies: [anaconda, numpy]"},
}


@pytest.mark.parametrize("files", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_where_it_cannot_be_told_nothing_is_said(files: dict[str, str | bytes]) -> None:
    assert of(files) is NOTHING_KNOWN
    assert not undeclared("import seaborn", files=files)


def test_a_folder_that_cannot_be_read_says_nothing() -> None:
    def read(path: str) -> bytes | None:
        raise PermissionError(path)

    assert declared_by(["requirements.txt"], read) is NOTHING_KNOWN


def test_tables_of_odd_shape_declare_nothing_and_break_nothing() -> None:
    text = (
        "project = 1\ndependency-groups = []\n[tool]\npoetry = 'x'\npixi = [1]\nhatch.envs.a = 1\n"
        "uv.dev-dependencies = 'a'\nsetuptools.dynamic.dependencies = []\n"
    )

    assert of({"pyproject.toml": text, "uv.lock": "package = 3", "Pipfile": "packages = 1"}) is None


def test_setup_py_counts_for_nothing_where_pyproject_says_all() -> None:
    pyproject = f"{PROJECT}dependencies = ['numpy']"

    assert named({"pyproject.toml": pyproject, "setup.py": "setup(**x)"}) == {"numpy"}
    dynamic = f"{PROJECT}dynamic = ['dependencies']"
    assert named({"pyproject.toml": dynamic, "setup.py": "setup(install_requires=['numpy'])"}) == {
        "numpy"
    }


# --- several projects


def test_the_files_up_to_the_root_count_together_and_those_at_the_top_where_there_are_none() -> (
    None
):
    files = {
        "requirements.txt": "seaborn",
        "one/pyproject.toml": f"{PROJECT}dependencies = ['numpy']",
        "one/work/requirements.txt": "pandas",
        "two/mlv.toml": "",
    }
    source = "import numpy, pandas, seaborn, torch"

    def told(path: str) -> list[str]:
        found = undeclared(source, files=files, path=path, roots=("one", "two"))
        return [f"{one.split()[1]} > {one.split()[-1]}" for one in found]

    assert told("one/work/a.ipynb") == [
        "seaborn > one/work/requirements.txt",
        "torch > one/work/requirements.txt",
    ]
    in_one = ["pandas", "seaborn", "torch"]
    assert told("one/a.ipynb") == [f"{name} > one/pyproject.toml" for name in in_one]
    assert told("two/a.ipynb") == ["torch > requirements.txt"]


def test_declarations_are_read_once_for_all_notebooks_and_not_before_one_asks() -> None:
    project = projects({"requirements.txt": "-r more.txt", "more.txt": "numpy"})
    for number in range(3):
        packages = project.of(f"{number}.ipynb")
        assert packages.declared is not None
    assert project.files.read_paths == ["requirements.txt", "more.txt"]  # type: ignore[attr-defined]
    quiet = projects({"requirements.txt": "numpy"})
    quiet.of("a.ipynb").holds("?declared", "")
    assert quiet.files.read_paths == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("requirements.txt", True),
        ("a/b/requirements_dev.txt", True),
        ("requirements/constraints.txt", False),
        ("a/requirements/x.in", True),
        ("environment.yaml", True),
        ("setup.py", True),
        ("not_setup.py", False),
        ("requirements.md", False),
        ("dvc.lock", False),
    ],
)
def test_files_are_known_by_their_names(path: str, is_one: bool) -> None:
    assert bool(kind_of(path)) is is_one
