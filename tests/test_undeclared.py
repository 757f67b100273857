"""MLV505: imports of packages that the project does not declare, and imports that are none."""

from __future__ import annotations

import pytest
from cells_support import cell, check, checked, notebook
from packages_support import UNDECLARED, missing, projects, undeclared
from users import User

NUMPY = {"requirements.txt": "numpy\n"}


def test_the_finding_names_cell_line_package_and_file_and_comes_once_for_a_package() -> None:
    found = undeclared(
        "import numpy\n\nimport sklearn.linear_model",
        "from sklearn import svm\nimport PIL.Image, torch",
        files=NUMPY,
    )

    assert found == [
        "1:3 sklearn is declared nowhere: add scikit-learn to requirements.txt",
        "2:2 PIL is declared nowhere: add pillow to requirements.txt",
        "2:2 torch is declared nowhere: add torch to requirements.txt",
    ]


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("sklearn", "Scikit_Learn"),
        ("cv2", "opencv-python"),
        ("cv2", "opencv-contrib-python-headless"),
        ("PIL", "Pillow"),
        ("yaml", "PyYAML"),
        ("bs4", "beautifulsoup4"),
        ("dateutil", "python-dateutil"),
        ("skimage", "scikit-image"),
        ("dotenv", "python-dotenv"),
        ("Crypto", "pycryptodome"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.protobuf", "protobuf"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("pkg_resources", "setuptools, numpy"),
        ("psycopg2", "psycopg2-binary"),
        ("win32api", "pywin32"),
        ("torch", "torch"),
        ("tensorflow", "tensorflow-cpu"),
        ("tensorflow", "tensorflow-gpu"),
        ("tensorflow", "intel-tensorflow"),
        ("MySQLdb", "mysqlclient"),
        ("git", "GitPython"),
        ("jwt", "PyJWT"),
        ("serial", "pyserial"),
        ("usb", "pyusb"),
        ("zmq", "pyzmq"),
        ("attr", "attrs"),
        ("faiss", "faiss-cpu"),
        ("umap", "umap-learn"),
        ("hdbscan", "hdbscan"),
        ("imblearn", "imbalanced-learn"),
        ("graphviz", "graphviz"),
        ("OpenSSL", "pyOpenSSL"),
        ("Levenshtein", "python-Levenshtein"),
        ("fitz", "PyMuPDF"),
        ("docx", "python-docx"),
        ("pptx", "python-pptx"),
        ("cupy", "cupy-cuda12x"),
        ("of_nobody", "of-nobody"),
        ("of_nobody", "python-of-nobody"),
        ("of_nobody", "pyofnobody"),
        ("of_nobody", "of-nobody-python"),
        ("of_nobody", "of.nobody-cpu"),
    ],
)
def test_an_import_is_declared_by_the_package_that_brings_it(name: str, declared: str) -> None:
    requirements = "\n".join(declared.split(", "))

    assert missing(f"import {name}", requirements=requirements) == set()
    told = missing(f"import {name}", requirements="numpy")
    of_kernel = {"dateutil", "zmq"}
    assert [one for one in told if name.startswith(one)] or name in of_kernel


def test_what_every_kernel_brings_is_no_finding() -> None:
    source = "import IPython, ipykernel, traitlets, zmq, tornado\nfrom IPython.display import HTML"

    assert missing(source, requirements="numpy") == set()


@pytest.mark.parametrize(
    ("declared", "source"),
    [
        ("jupyter", "import ipywidgets, nbformat, notebook"),
        ("scikit-learn", "import numpy, scipy.stats, joblib, threadpoolctl"),
        ("pandas", "import numpy, dateutil, pytz"),
        ("matplotlib", "import numpy, PIL.Image, cycler"),
        ("seaborn", "import matplotlib.pyplot, pandas, PIL"),
        ("sentence-transformers", "import torch, transformers, huggingface_hub, numpy"),
        ("dask[dataframe]", "import dask.dataframe, pandas, pyarrow"),
        ("pandas[excel]>=2", "import openpyxl"),
        ("flask-cors", "import flask_cors, flask"),
    ],
)
def test_what_comes_with_a_declared_package_is_no_finding(declared: str, source: str) -> None:
    assert missing(source, requirements=declared) == set()


def test_without_the_extra_its_packages_do_not_come() -> None:
    assert missing("import pandas, openpyxl", requirements="pandas") == {"openpyxl"}


def test_a_package_of_hints_declares_no_package() -> None:
    assert missing(
        "import pandas, requests", requirements="numpy\npandas-stubs\ntypes-requests"
    ) == {
        "pandas",
        "requests",
    }


def test_a_module_that_nobody_knows_is_told_only_when_no_declared_package_can_bring_it() -> None:
    source = "import of_nobody\nimport seaborn"

    assert undeclared(source, files=NUMPY) == [
        "1:1 of_nobody is declared nowhere: add its package to requirements.txt",
        "1:2 seaborn is declared nowhere: add seaborn to requirements.txt",
    ]
    for other in ("of-our-company", "git+https://example.org/a/b.git", "./wheels/x.zip"):
        assert missing(source, requirements=f"numpy\n{other}") == {"seaborn"}, other


def test_of_shared_names_only_the_known_parts_are_told() -> None:
    source = (
        "from google.cloud import bigquery, of_nobody\nimport google.of_nobody, azure.of_nobody"
    )

    assert missing(source, requirements="numpy") == {"google.cloud.bigquery"}
    assert missing(source, requirements="google-cloud-bigquery") == set()


def test_what_comes_with_python_or_with_a_host_is_no_finding() -> None:
    source = (
        "from __future__ import annotations\nimport os.path, distutils.core, imp, tomllib\n"
        "import annotationlib, _thread, urllib2, cPickle\nfrom google.colab import drive\n"
        "import kaggle_secrets"
    )

    assert missing(source, requirements="numpy") == set()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def f():\n    import seaborn", True),
        ("class A:\n    import seaborn", True),
        ("async def f():\n    async with a:\n        import seaborn", True),
        ("%time import seaborn", True),
        ("%%time\nimport seaborn", True),
        ("%%capture out\nimport seaborn as sns", True),
        ("import importlib\nimportlib.import_module('seaborn.axisgrid')", True),
        ("from importlib import import_module\nimport_module('seaborn')", True),
        ("__import__('seaborn')", True),
        ("%load_ext seaborn", True),
        ("%reload_ext seaborn", True),
        ("if True:\n    import seaborn\nelse:\n    pass", True),
        ("try:\n    import seaborn\nfinally:\n    pass", True),
        ("try:\n    import seaborn\nexcept KeyError:\n    pass", True),
        ("try:\n    pass\nexcept ImportError:\n    pass\nfinally:\n    import seaborn", True),
        ("try:\n    import seaborn\nexcept ImportError:\n    raise SystemExit('install it')", True),
        ("try:\n    import seaborn\nexcept ImportError:\n    pass", False),
        ("try:\n    import seaborn\nexcept (KeyError, ModuleNotFoundError):\n    pass", False),
        ("try:\n    import json\nexcept ImportError:\n    import seaborn", False),
        ("try:\n    import seaborn\nexcept:\n    pass", False),
        ("try:\n    import seaborn\nexcept Exception as error:\n    print(error)", False),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import seaborn", False),
        ("import typing as t\nif t.TYPE_CHECKING:\n    import seaborn", False),
        ("if t.TYPE_CHECKING:\n    pass\nelse:\n    import seaborn", True),
        ("import sys\nif sys.version_info < (3, 11):\n    import seaborn", False),
        ("IN_COLAB = 1\nif IN_COLAB:\n    import seaborn", False),
        ("import importlib.util as u\nif u.find_spec('a'):\n    import seaborn", False),
        ("with contextlib.suppress(ImportError):\n    import seaborn", False),
        ("importlib.import_module(name)\n__import__('')\nimport_module('.seaborn', 'a')", False),
        ("from . import seaborn\nfrom .seaborn import a\nfrom .. import seaborn", False),
        ("import seaborn as = broken", False),
        ("'import seaborn'", False),
        ("# import seaborn", False),
        ("%load_ext autoreload\n%autoreload 2", False),
    ],
)
def test_imports_count_that_must_not_fail(source: str, told: bool) -> None:
    assert missing(source, requirements="numpy") == ({"seaborn"} if told else set())


def test_line_and_cell_are_those_of_the_first_import_that_counts() -> None:
    cells = (
        "try:\n    import seaborn\nexcept ImportError:\n    pass",
        "x = 1\n%time import seaborn as sns",
        "import seaborn",
    )

    assert [one.split()[0] for one in undeclared(*cells, files=NUMPY)] == ["2:2"]


def test_cells_that_are_for_looking_only_do_not_count() -> None:
    data = notebook(cell("import numpy"), cell("import seaborn", "no-effect"), cell("import torch"))
    packages = projects(NUMPY).of("train.ipynb")

    found = checked(data, choice=UNDECLARED, packages=packages)

    assert [one.location.cell for one in found] == [3]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("!pip install seaborn", {"torch"}),
        ("%pip install -q --index-url https://example.org/simple 'seaborn>=0.13' x", {"torch"}),
        ("!conda install -y -c conda-forge seaborn=0.13", {"torch"}),
        ("%%bash\npip install seaborn torch", set()),
        ("!pip install sentence-transformers seaborn", set()),
        ("!pip install -r more.txt", set()),
        ("!pip install git+https://example.org/a.git", set()),
        ("!pip install .", set()),
        ("!pip list", {"seaborn", "torch"}),
        ('!pip install "', set()),
    ],
)
def test_what_the_notebook_installs_is_told_by_mlv507_alone(command: str, told: set[str]) -> None:
    assert missing(command, "import seaborn, torch", requirements="numpy") == told


def test_what_a_dropped_cell_installs_is_not_there() -> None:
    data = notebook(cell("!pip install seaborn", "no-effect"), cell("import seaborn"))
    found = checked(data, choice=UNDECLARED, packages=projects(NUMPY).of("train.ipynb"))

    assert len(found) == 1


# --- the project's own modules


@pytest.mark.parametrize(
    ("module", "is_own"),
    [
        ("work/helpers.py", True),
        ("work/helpers/__init__.py", True),
        ("work/helpers/deep/data.py", True),
        ("helpers.py", True),
        ("src/helpers/__init__.py", True),
        ("lib/python/helpers.py", True),
        ("work/helpers.ipynb", True),
        ("helpers/readme.md", False),
        ("work/other.py", False),
    ],
)
def test_modules_of_the_project_are_no_finding(module: str, is_own: bool) -> None:
    files = {**NUMPY, module: ""}
    found = undeclared("import helpers.data", files=files, path="work/train.ipynb")

    assert bool(found) is not is_own


@pytest.mark.parametrize("module", ["yaml.py", "src/yaml/__init__.py", "work/yaml/loader.py"])
def test_a_module_by_the_name_of_a_package_is_own_where_it_is_found(module: str) -> None:
    files = {**NUMPY, module: ""}

    assert not undeclared("import yaml", files=files, path="work/train.ipynb")


def test_a_module_by_the_name_of_a_package_is_not_own_far_away() -> None:
    files = {**NUMPY, "docs/old/yaml.py": "", "torch/train.ipynb": ""}

    found = undeclared("import yaml, torch", files=files, path="work/train.ipynb")
    assert len(found) == 2
    loose = "import sys\nsys.path.append('docs/old')\nimport yaml"
    assert not undeclared(loose, files=files, path="work/train.ipynb")


@pytest.mark.parametrize(
    "source",
    [
        "%%writefile helpers.py\nx = 1",
        "open('helpers.py', 'w').write('x = 1')",
        "import sys\nsys.path.insert(0, '/opt/tools')",
        "from sys import path\npath.append('..')",
        "import os\nos.chdir('..')",
        "%cd ..",
        "!git clone https://example.org/a/helpers",
        "!wget https://example.org/helpers.py",
        "%%bash\ncurl -O https://example.org/helpers.py",
    ],
)
def test_modules_that_a_notebook_gets_itself_are_no_finding(source: str) -> None:
    assert missing(source, "import helpers", requirements="numpy") == set()
    assert missing(source, "import seaborn", requirements="numpy") == {"seaborn"}


def test_the_name_of_the_project_itself_is_declared() -> None:
    project = '[project]\nname = "churn-model"\nversion = "1"\ndependencies = ["numpy"]\n'

    assert not undeclared("import churn_model", files={"pyproject.toml": project})


def test_an_r_notebook_has_no_imports() -> None:
    data = notebook(cell("import seaborn"), language_info={"name": "R"})

    assert not checked(data, choice=UNDECLARED, packages=projects(NUMPY).of("train.ipynb"))


def test_a_finding_is_suppressed_by_a_comment_and_the_comment_is_then_no_idle_one() -> None:
    data = notebook(cell("import numpy\nimport seaborn  # mlv: ignore[MLV505]"))
    packages = projects(NUMPY).of("train.ipynb")

    assert not checked(
        data, choice=type(UNDECLARED)(select=("MLV505", "MLV014")), packages=packages
    )


def test_a_fix_of_something_else_leaves_the_comment_that_suppresses_it(at_home: User) -> None:
    own = cell("import seaborn  # mlv: ignore[MLV505]\nseaborn.set_theme()")
    at_home.write("requirements.txt", "numpy\n")
    at_home.write("train.ipynb", notebook(own, cell("print(1)  # mlv: ignore[MLV503]")))
    at_home.git("add", ".")

    assert "Fixed 1 problem." in check("--select", "MLV5,MLV014", "--fix").stderr
    text = at_home.read("train.ipynb")
    assert "ignore[MLV505]" in text
    assert "ignore[MLV503]" not in text
