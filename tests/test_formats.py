"""Where scripts live: by the repository's own jupytext configuration, and by nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pairs import KERNEL, code, edited, jupytext, markdown, notebook
from users import User

from mlv_hooks.pair.formats import CONFIG_NAMES, FormatError, is_config, script_formats


@pytest.fixture
def repo(user: User) -> User:
    """A repository without hooks and commits."""
    return user


TREES = 'formats = "notebooks///ipynb,scripts///py:percent"\n'


def paths(
    path: str, files: dict[str, str | bytes] | None = None, **metadata: Any
) -> list[tuple[str, str | None]]:
    """Return path and format of the scripts of the notebook at ``path``."""
    held = {
        name: text.encode() if isinstance(text, str) else text
        for name, text in (files or {}).items()
    }
    found = script_formats(path, {"kernelspec": KERNEL, **metadata}, held.get)
    return [(one.path, one.format_name) for one in found]


def refusal(path: str, files: dict[str, str | bytes], **metadata: Any) -> tuple[str, str, str]:
    with pytest.raises(FormatError) as caught:
        paths(path, files, **metadata)
    found = caught.value.diagnostic
    assert "\n" not in found.message
    assert re.search("[Mm]end|write them", found.message), "it says what to do"
    return found.code, found.location.path, found.message


# Nothing configured


@pytest.mark.parametrize("path", ["train.ipynb", "a/b/train.ipynb", "a b/[x] 'é'.ipynb"])
def test_without_configuration_the_script_is_beside_the_notebook(path: str) -> None:
    assert paths(path) == [(path.replace(".ipynb", ".py"), "percent")]


KERNELS = [
    ({"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}, ".r"),
    ({"kernelspec": {"name": "julia-1.9", "language": "julia", "display_name": "J"}}, ".jl"),
    ({"kernelspec": {"name": "bash", "language": "bash", "display_name": "Bash"}}, ".sh"),
    ({"kernelspec": {"name": "xcpp17", "language": "C++17", "display_name": "C++"}}, ".cpp"),
    ({"kernelspec": {"name": "python3", "language": "python", "display_name": "P"}}, ".py"),
    ({"kernelspec": {}, "language_info": {"name": "R", "file_extension": ".r"}}, ".r"),
    # Colab, and what nbstripout or people leave: no language, or only there.
    ({"kernelspec": {"name": "python3", "display_name": "P"}}, ".py"),
    ({"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}}, ".py"),
    ({"kernelspec": {"name": "conda-env-work-py", "display_name": "Work"}}, ".py"),
    ({"kernelspec": {"name": "ir", "display_name": "R"}}, ".r"),
    ({"kernelspec": {"name": "julia-1.9", "display_name": "J"}}, ".jl"),
    ({"kernelspec": {"name": "xcpp17", "display_name": "C++"}}, ".cpp"),
    ({"kernelspec": {}, "language_info": {"name": "julia"}}, ".jl"),
    ({"kernelspec": {}, "language_info": {"name": "python"}}, ".py"),
    ({"kernelspec": {}, "jupytext": {"main_language": "julia"}}, ".jl"),
    ({"kernelspec": {}}, ".py"),
]


@pytest.mark.parametrize("settings", [None, 'formats = "ipynb,auto:percent"\n'])
@pytest.mark.parametrize(("metadata", "extension"), KERNELS)
def test_the_kernel_decides_the_script_s_extension(
    metadata: dict[str, Any], extension: str, settings: str | None
) -> None:
    files: dict[str, str | bytes] = {"jupytext.toml": settings} if settings else {}
    ((path, name),) = paths("train.ipynb", files, **metadata)
    assert path.lower() == f"train{extension}"
    assert name == "percent"


def test_a_notebook_s_own_automatic_format_goes_by_its_kernel() -> None:
    own = {"formats": "ipynb,scripts//auto:light"}
    colab = {"name": "python3", "display_name": "Python 3"}
    assert paths("a/train.ipynb", kernelspec=colab, jupytext=own) == [
        ("a/scripts/train.py", "light")
    ]


# The configuration

SETTINGS = {
    ".toml": 'formats = "ipynb,py:light"',
    ".yml": 'formats: "ipynb,py:light"',
    ".yaml": 'formats: "ipynb,py:light"',
    ".json": '{"formats": "ipynb,py:light"}',
}


@pytest.mark.parametrize("name", [name for name in CONFIG_NAMES if not name.endswith(".py")])
@pytest.mark.parametrize("folder", ["", "a/", "a/b/"])
def test_every_name_of_a_configuration_file_counts_up_to_the_top(name: str, folder: str) -> None:
    text = SETTINGS.get(Path(name.lstrip(".")).suffix, SETTINGS[".toml"])
    assert paths("a/b/train.ipynb", {folder + name: text}) == [("a/b/train.py", "light")]
    assert paths("c/train.ipynb", {"a/" + name: text}) == [("c/train.py", "percent")]
    assert is_config(folder + name)


def test_pyproject_counts_when_it_is_about_jupytext() -> None:
    ours = '[tool.jupytext]\nformats = "ipynb,py:light"\n'
    assert paths("a/train.ipynb", {"pyproject.toml": ours}) == [("a/train.py", "light")]
    both = {"pyproject.toml": ours, "a/pyproject.toml": '[project]\nname = "jupytext-x"\n'}
    assert paths("a/train.ipynb", both) == [("a/train.py", "light")]
    assert is_config("a/pyproject.toml")
    assert not is_config("a/train.py")


def test_the_nearest_configuration_wins_and_jupytext_s_own_file_before_pyproject() -> None:
    files: dict[str, str | bytes] = {
        "jupytext.toml": 'formats = "ipynb,py:light"',
        "a/jupytext.toml": 'formats = "ipynb,md"',
        "a/pyproject.toml": '[tool.jupytext]\nformats = "ipynb,py:hydrogen"',
    }
    assert paths("a/b/train.ipynb", files) == [("a/b/train.md", None)]
    assert paths("train.ipynb", files) == [("train.py", "light")]


@pytest.mark.parametrize("name", ["jupytext.yml", "jupytext.toml", "jupytext"])
def test_an_empty_configuration_asks_for_nothing(name: str) -> None:
    assert paths("train.ipynb", {name: ""}) == [("train.py", "percent")]


@pytest.mark.parametrize(
    ("formats", "path", "expected"),
    [
        ("ipynb,py:percent", "a/train.ipynb", "a/train.py"),
        ("ipynb,.pct.py:percent", "a/train.ipynb", "a/train.pct.py"),
        ("ipynb,scripts//py:percent", "a/train.ipynb", "a/scripts/train.py"),
        ("ipynb,script_/py:percent", "a/train.ipynb", "a/script_train.py"),
        ("notebooks//ipynb,scripts//py:percent", "a/notebooks/train.ipynb", "a/scripts/train.py"),
        ("notebooks///ipynb,scripts///py", "notebooks/a/b/train.ipynb", "scripts/a/b/train.py"),
        ("notebooks///ipynb,scripts///py", "x/notebooks/a/train.ipynb", "x/scripts/a/train.py"),
        ("ipynb,../scripts//py:percent", "notebooks/train.ipynb", "scripts/train.py"),
    ],
)
def test_prefixes_suffixes_and_trees(formats: str, path: str, expected: str) -> None:
    files: dict[str, str | bytes] = {"jupytext.toml": f'formats = "{formats}"'}
    assert [one for one, _ in paths(path, files)] == [expected]
    assert [one for one, _ in paths(path, jupytext={"formats": formats})] == [expected]


def test_several_scripts_come_in_the_order_of_the_formats() -> None:
    formats = "ipynb,md,docs//Rmd,py:percent"
    assert paths("a/train.ipynb", jupytext={"formats": formats}) == [
        ("a/train.md", None),
        ("a/docs/train.Rmd", None),
        ("a/train.py", "percent"),
    ]


def test_the_notebook_s_own_formats_win() -> None:
    files: dict[str, str | bytes] = {"jupytext.toml": 'formats = "ipynb,md"'}
    own = {"formats": "ipynb,py:light"}
    assert paths("train.ipynb", files, jupytext=own) == [("train.py", "light")]


def test_a_notebook_may_ask_for_no_script() -> None:
    assert paths("train.ipynb", jupytext={"formats": "ipynb"}) == []


def test_formats_as_a_table_of_folders() -> None:
    table = '[formats]\n"notebooks/" = "ipynb"\n"scripts/" = "py:percent"\n'
    assert paths("notebooks/train.ipynb", {"jupytext.toml": table}) == [
        ("scripts/train.py", "percent")
    ]


def test_a_notebook_outside_of_the_trees_has_its_script_beside_it() -> None:
    files: dict[str, str | bytes] = {"jupytext.toml": TREES}
    assert paths("other/train.ipynb", files) == [("other/train.py", "percent")]


def test_own_formats_that_do_not_fit_the_notebook_s_place_are_refused() -> None:
    own = {"formats": "notebooks///ipynb,scripts///py:percent"}
    code_, where, message = refusal("other/train.ipynb", {}, jupytext=own)
    assert (code_, where) == ("MLV007", "other/train.ipynb")
    assert "notebooks" in message


# Broken


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jupytext.toml", "formats = "),
        ("jupytext.toml", 'formats = "ipynb,nonsense:percent"'),
        ("jupytext.toml", 'formats = "ipynb,py:nonsense"'),
        ("jupytext.toml", "formats = 5"),
        ("jupytext.toml", "formats = [5]"),
        ("jupytext.toml", 'no_such_option = "x"'),
        ("jupytext.toml", "notebook_metadata_filter = 5"),
        ("jupytext.toml", b"formats = '\xff'"),
        ("a/jupytext.yml", "formats: ["),
        ("a/jupytext.yml", "- a\n- b"),
        ("a/jupytext.yml", "text"),
        (".jupytext.json", "{"),
        (".jupytext.json", "[]"),
        ("jupytext.json", "5"),
        ("a/pyproject.toml", "[tool.jupytext]\nformats = "),
        ("pyproject.toml", '[tool]\njupytext = "x"'),
        ("pyproject.toml", 'tool = "jupytext"'),
        ("pyproject.toml", "[tool.jupytext]\nformats = 5"),
        (".jupytext.py", "c.formats = 'ipynb,py'"),
    ],
)
def test_a_broken_configuration_is_one_line_that_names_the_file(
    name: str, text: str | bytes
) -> None:
    code_, where, _ = refusal("a/train.ipynb", {name: text})
    assert (code_, where) == ("MLV008", name)


@pytest.mark.parametrize(
    "formats",
    [5, ["x"], [5], {"a": 1}, "ipynb,nonsense", "ipynb,py:nonsense", "ipynb,.py:percent:x", True],
    ids=json.dumps,
)
def test_broken_formats_of_a_notebook_are_one_line_that_names_the_notebook(formats: Any) -> None:
    files: dict[str, str | bytes] = {"jupytext.toml": 'formats = "ipynb,md"'}
    code_, where, _ = refusal("a/train.ipynb", files, jupytext={"formats": formats})
    assert (code_, where) == ("MLV008", "a/train.ipynb")


@pytest.mark.parametrize(
    "own",
    [
        {"text_representation": "x"},
        {"text_representation": {"extension": 5}},
        {"notebook_metadata_filter": 5},
        {"cell_metadata_filter": {"a": 1}},
    ],
    ids=json.dumps,
)
def test_other_broken_settings_of_a_notebook_are_used_or_refused(own: dict[str, Any]) -> None:
    files: dict[str, str | bytes] = {"jupytext.toml": 'formats = "ipynb,py:percent"'}
    try:
        found = paths("a/train.ipynb", files, jupytext=own)
    except FormatError as error:
        assert error.diagnostic.code == "MLV008"
        assert error.diagnostic.location.path == "a/train.ipynb"
    else:
        assert found == [("a/train.py", "percent")]


@pytest.mark.parametrize(
    "formats",
    [
        "ipynb,../../../x//py:percent",
        "ipynb,../../x//py:percent",
        "ipynb,/tmp//py:percent",
        "ipynb,/tmp/x_/py:percent",
    ],
)
def test_a_script_never_lies_outside_of_the_repository(formats: str) -> None:
    try:
        found = paths("a/train.ipynb", jupytext={"formats": formats})
    except FormatError as error:
        assert error.diagnostic.code == "MLV007"
        assert error.diagnostic.location.path == "a/train.ipynb"
    else:
        assert all(not one.startswith(("/", "..")) for one, _ in found)


# Around the repository


@pytest.fixture
def outside(repo: User, home: Path) -> Path:
    """Return the folder above the repository; the home folder lies elsewhere."""
    repo.env["HOME"] = repo.env["XDG_CONFIG_HOME"] = str(repo.top.parent / "home")
    (repo.top.parent / "home" / "jupytext").mkdir(parents=True)
    return repo.top.parent


BROKEN, VALID = "formats = [", 'formats = "ipynb,md"\ncell_metadata_filter = "all"\n'
AROUND = [
    "jupytext.toml",
    ".jupytext",
    "home/.jupytext",
    "home/jupytext.toml",
    "home/jupytext/jupytext.toml",
]


@pytest.mark.parametrize(
    ("config", "text"), [("", VALID), ("", BROKEN), (TREES, VALID), (TREES, BROKEN), (TREES, "\0")]
)
def test_what_lies_above_the_repository_or_at_home_changes_nothing(
    repo: User, outside: Path, config: str, text: str
) -> None:
    data = notebook(code("x = 1", metadata={"tags": ["a"], "collapsed": True}), markdown("# T"))
    repo.write("notebooks/train.ipynb", data)
    if config:
        repo.write("jupytext.toml", config)
    repo.git("add", ".")
    expected = repo.mlv("sync", "--diff", code=1).out
    assert "train.py" in expected

    for name in AROUND:
        (outside / name).write_text(text)
    for name in ("pyproject.toml", "home/pyproject.toml", "home/jupytext/pyproject.toml"):
        (outside / name).write_text(f"[tool.jupytext]\n{text}")

    assert repo.mlv("sync", "--diff", code=1).out == expected
    assert repo.mlv("sync").err == ""
    assert repo.mlv("check", "--select", "MLV0,MLV3").text == ""


# Beside the real jupytext

FILTERS = 'notebook_metadata_filter = "kernelspec,mlv,-all"\n'
BESIDE = 'formats = "ipynb,py:percent"\n' + FILTERS
WORK = {
    "beside": (BESIDE, "work/train.ipynb", "work/train.py"),
    "trees": (TREES + FILTERS, "notebooks/a/train.ipynb", "scripts/a/train.py"),
}
RICH = notebook(
    markdown("# Title\n\n- a"),
    code("%matplotlib inline\nimport os", metadata={"tags": ["parameters"]}),
    code("def f():\n    return 1\n\n\nf()", out="1\n", count=2),
    code("plot(x);\n\n\ny = 1", count=3),
    "",
    "%%bash\nls",
    mlv={"step": True},
)


def paired(repo: User, work: str) -> tuple[str, str]:
    config, path, text = WORK[work]
    repo.write("jupytext.toml", config)
    repo.write(path, RICH)
    repo.git("add", ".")
    repo.mlv("sync")
    repo.git("add", ".")
    repo.commit()
    return path, text


def both(repo: User, path: str, text: str) -> tuple[bytes, bytes]:
    return repo.path(path).read_bytes(), repo.path(text).read_bytes()


@pytest.mark.parametrize("work", WORK)
def test_jupytext_finds_nothing_to_do_after_us(repo: User, work: str) -> None:
    path, text = paired(repo, work)
    data, script = both(repo, path, text)

    jupytext(repo.top, "--test", "--to", "py:percent", path, env=repo.env)
    jupytext(repo.top, "--sync", path, env=repo.env)

    assert repo.path(text).read_bytes() == script
    assert normal(json.loads(repo.path(path).read_bytes())) == normal(json.loads(data))
    assert repo.mlv("check", "--select", "MLV0,MLV3").text == ""


@pytest.mark.parametrize("work", WORK)
def test_what_jupytext_writes_after_an_edit_of_the_notebook_is_what_we_write(
    repo: User, work: str
) -> None:
    path, text = paired(repo, work)
    repo.edit(path, "y = 1", "y = 2")

    repo.mlv("sync")
    ours = repo.path(text).read_bytes()
    assert b"y = 2" in ours
    repo.git("checkout", text)
    repo.run("touch", path)
    jupytext(repo.top, "--sync", path, env=repo.env)

    assert repo.path(text).read_bytes() == ours
    assert repo.mlv("check", "--select", "MLV0,MLV3").text == ""


@pytest.mark.parametrize("work", WORK)
def test_after_an_edit_of_the_script_jupytext_agrees_and_all_is_stable(
    repo: User, work: str
) -> None:
    path, text = paired(repo, work)
    repo.edit(text, "y = 1", "y = 3")
    repo.mlv("sync")
    data, script = both(repo, path, text)
    assert b"y = 3" in data

    for newest in (path, text):
        repo.run("touch", newest)
        jupytext(repo.top, "--sync", newest, env=repo.env)
        assert repo.path(text).read_bytes() == script
        got = json.loads(repo.path(path).read_bytes())
        assert [(one["source"], one.get("outputs")) for one in normal(got)] == [
            (one["source"], one.get("outputs")) for one in normal(json.loads(data))
        ]
        assert repo.mlv("check", "--select", "MLV0,MLV3").text == ""
        assert repo.mlv("sync").text == ""


def normal(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells with their sources as one text, as jupytext may split them anew."""
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"])
        for output in cell.get("outputs", []):
            output["text"] = "".join(output["text"])
    return list(content["cells"])


def test_without_configuration_our_script_is_what_jupytext_makes_with_our_filters(
    repo: User,
) -> None:
    repo.write("train.ipynb", RICH)
    repo.git("add", ".")
    repo.mlv("sync")
    options = ["--opt", "notebook_metadata_filter=kernelspec,mlv,-all"]
    options += ["--opt", "cell_metadata_filter=tags,name,title,mlv,-all"]
    jupytext(repo.top, "--to", "py:percent", *options, "-o", "x.py", "train.ipynb", env=repo.env)
    header = "".join(repo.read("x.py").partition("\n\n")[2])
    assert repo.read("train.py").endswith(header)
    jupytext(repo.top, "--test", "--to", "py:percent", "train.ipynb", env=repo.env)


def test_a_filter_block_that_jupytext_adds_to_the_notebook_is_accepted(repo: User) -> None:
    path, text = paired(repo, "beside")
    repo.write(
        path,
        edited(
            repo.path(path).read_bytes(),
            lambda content: content["metadata"].update(
                jupytext={"notebook_metadata_filter": "kernelspec,mlv,-all"}
            ),
        ),
    )
    before = both(repo, path, text)
    assert repo.mlv("check", "--select", "MLV0,MLV3").text == ""
    assert repo.mlv("sync").text == ""
    assert both(repo, path, text) == before
