"""Settings: what is read, what is refused, and which notebooks they cover."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mlv_hooks.config import ConfigError, Settings, codes_of, load_settings, parse_settings
from mlv_hooks.projects import Projects

FULL = """
include = ["notebooks/"]
exclude = ["**/scratch/**", "*_draft.ipynb"]
require-parameters = "all"
parameters-tag = "arguments"
no-effect-tag = "look only"
builtins = ["spark", "dbutils"]
stage-generated = false
select = ["MLV0", "MLV301"]
ignore = ["MLV005"]
output-format = "json"
dvc-file = "pipelines/dvc.yaml"
params-file = "config/train.yaml"
per-file-ignores = { "old/*.ipynb" = ["MLV302", "ALL"] }
"""

EXPECTED = Settings(
    include=("notebooks/",),
    exclude=("**/scratch/**", "*_draft.ipynb"),
    require_parameters="all",
    parameters_tag="arguments",
    no_effect_tag="look only",
    builtins=("spark", "dbutils"),
    stage_generated=False,
    select=("MLV0", "MLV301"),
    ignore=("MLV005",),
    per_file_ignores=(("old/*.ipynb", ("MLV302", "ALL")),),
    output_format="json",
    dvc_file="pipelines/dvc.yaml",
    params_file="config/train.yaml",
)


def load(**files: str | bytes) -> Settings:
    texts = {
        f"{name}.toml": text.encode() if isinstance(text, str) else text
        for name, text in files.items()
    }
    return load_settings(texts.get)


def refusal(**files: str | bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        load(**files)
    text = str(caught.value)
    assert text.isprintable()
    return text


def test_every_key_is_read_from_mlv_toml() -> None:
    assert load(mlv=FULL) == EXPECTED


def test_every_key_is_read_from_pyproject() -> None:
    assert load(pyproject=f"[project]\nname = 'demo'\n[tool.mlv]{FULL}") == EXPECTED


def test_settings_can_be_a_key_of_a_cache() -> None:
    assert hash(load(mlv=FULL)) == hash(EXPECTED)
    assert repr(load(mlv=FULL)) == repr(EXPECTED)


@pytest.mark.parametrize(
    "text",
    [
        "[tool.mlv]\nstage-generated = false",
        "[ tool . mlv ]\nstage-generated = false",
        "[tool.'mlv']\nstage-generated = false",
        '["tool"."mlv"]\nstage-generated = false',
        "[tool]\nmlv.stage-generated = false",
        "[tool]\nmlv = {stage-generated = false}",
        "[tool]\n  'mlv' = {stage-generated = false}",
        "tool = {mlv = {stage-generated = false}}",
        "tool = {x = 1, mlv.stage-generated = false}",
        "tool.mlv.stage-generated = false",
        "[tool.mlv]\r\nstage-generated = false\r\n",
    ],
)
def test_every_spelling_of_the_table_is_found(text: str) -> None:
    assert load(pyproject=text) == Settings(stage_generated=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\ndependencies = ['mlv-hooks', 'mlv']\n",
        "# no [tool.mlv] here\n",
        "[tool.black]\nline-length = 100\n",
        "[tool.mlvtools]\nkey = 1\n",
        "this is = = not TOML and none of our business",
    ],
)
def test_a_pyproject_without_our_table_gives_the_defaults(text: str) -> None:
    assert load(pyproject=text) == load() == Settings()


def test_a_pyproject_of_others_that_is_not_utf8_is_none_of_our_business() -> None:
    assert load(pyproject=b"author = 'Andr\xe9'") == Settings()


def test_the_toml_reader_is_not_imported_for_a_dependency_on_us() -> None:
    code = (
        "import sys; from mlv_hooks.config import load_settings as load\n"
        "load({'pyproject.toml': b'[project]\\ndependencies = [\"mlv-hooks\"]'}.get)\n"
        "print([name for name in ('tomllib', 'tomli', 'difflib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_two_files_with_settings_are_refused() -> None:
    assert refusal(mlv="", pyproject="[tool.mlv]") == (
        "mlv.toml and [tool.mlv] in pyproject.toml both exist: keep one"
    )
    assert load(mlv="stage-generated = false", pyproject="# [tool.mlv]") == Settings(
        stage_generated=False
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("builtins = ['a b']", "'builtins' must be a list of names such as"),
        ("inclde = []", "unknown key 'inclde', did you mean 'include'?"),
        (
            "stage_generated = true",
            "unknown key 'stage_generated', did you mean 'stage-generated'?",
        ),
        ('"per\\nfile-ig" = 1', "unknown key 'per\\nfile-ig', did you mean 'per-file-ignores'?"),
        ("stage-generated = 'yes'", "'stage-generated' must be true or false, not 'yes'"),
        ("stage-generated = 1", "'stage-generated' must be true or false, not 1"),
        (
            "output-format = 'xml'",
            '\'output-format\' must be "text", "json", "github", "gitlab", "sarif" or',
        ),
        (
            "output-format = ['text']",
            '\'output-format\' must be "text", "json", "github", "gitlab", "sarif" or',
        ),
        ("select = 'MLV301'", "'select' must be a list of codes such as [\"MLV301\"]"),
        ("ignore = [301]", "'ignore' must be a list of codes"),
        ("select = ['MLV399']", "'select': no rule 'MLV399', did you mean 'MLV3"),
        ("ignore = ['E501']", "'ignore': no rule 'E501', did you mean 'MLV"),
        ("ignore = ['']", "'ignore': no rule ''"),
        ("include = '*.ipynb'", "'include' must be a list of globs"),
        ("exclude = [1]", "'exclude' must be a list of globs"),
        ("exclude = ['']", "'exclude' must be a list of globs"),
        ("exclude = ['../other/*']", "'exclude' must be a list of globs relative to the project's"),
        ("exclude = ['[z-a].ipynb']", "'exclude' must be a list of globs"),
        ("per-file-ignores = []", "'per-file-ignores' must be a table"),
        ("per-file-ignores = {'a' = 'ALL'}", "'per-file-ignores' must be a table"),
        ("per-file-ignores = {'' = ['ALL']}", "'per-file-ignores' must be a table"),
        (
            "per-file-ignores = {'a*' = ['MLV9']}",
            "'per-file-ignores' of 'a*': no rule 'MLV9', did you mean",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_file_key_and_remedy(text: str, expected: str) -> None:
    assert refusal(mlv=text).startswith(f"mlv.toml: {expected}")
    assert refusal(pyproject=f"[tool.mlv]\n{text}").startswith(
        f"pyproject.toml: [tool.mlv]: {expected}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("include = [", "mlv.toml is not valid TOML: "),
        ("x = 1\nx = 2", "mlv.toml is not valid TOML: "),
        ("x = " + "[" * 100_000, "mlv.toml is not valid TOML: "),
        ("x = " + "9" * 5_000, "mlv.toml"),
        (b"\xef\xbb\xbfinclude = []", "mlv.toml is not valid TOML: "),
        (b"include = []\n# Andr\xe9", "mlv.toml is not UTF-8 (line 2): save it as UTF-8"),
        ("[tool.mlv]", "mlv.toml: write the keys alone, [tool.mlv] is for pyproject.toml"),
    ],
    ids=["cut", "twice", "deep", "long-number", "byte-order-mark", "latin-1", "table"],
)
def test_a_broken_mlv_toml_is_one_line(text: str | bytes, expected: str) -> None:
    assert refusal(mlv=text).startswith(expected)


def test_a_pyproject_with_our_table_must_be_sound() -> None:
    assert refusal(pyproject="[tool.mlv]\nx =").startswith("pyproject.toml is not valid TOML: ")
    assert refusal(pyproject=b"[tool.mlv]\n# \xe9") == (
        "pyproject.toml is not UTF-8 (line 2): save it as UTF-8"
    )
    assert refusal(pyproject="[tool]\nmlv = 3") == (
        "pyproject.toml: [tool.mlv] must be a table, not 3"
    )


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(refusal(mlv=f"stage-generated = '{'x' * 5_000}'")) < 200


def test_codes_of_the_command_line_are_checked_the_same_way() -> None:
    assert codes_of(["ALL", "MLV", "MLV3", "script-stale"], "--select") == (
        *("ALL", "MLV", "MLV3"),
        "MLV302",
    )
    with pytest.raises(ConfigError, match=r"^--select: no rule 'MLV39', did you mean 'MLV3"):
        codes_of(["MLV39"], "--select")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("train.ipynb", True),
        ("a/b/train v2.ipynb", True),
        ("a\nb/train.ipynb", True),
        ("-x.ipynb", True),
        ("train.py", False),
        ("train.ipynb.bak", False),
        (".ipynb_checkpoints/train.ipynb", False),
        ("a/.ipynb_checkpoints/train-checkpoint.ipynb", False),
        ("a.ipynb_checkpoints/train.ipynb", True),
    ],
)
def test_all_notebooks_but_checkpoints_are_covered_by_default(path: str, expected: bool) -> None:
    assert Settings().covers(path) is expected


@pytest.mark.parametrize(
    ("glob", "inside", "outside"),
    [
        ("notebooks", ["notebooks/a.ipynb", "x/notebooks/b/a.ipynb"], ["notebooks2/a.ipynb"]),
        ("/notebooks/", ["notebooks/b/a.ipynb"], ["x/notebooks/a.ipynb"]),
        ("./notebooks/", ["notebooks/b/a.ipynb"], ["x/notebooks/a.ipynb"]),
        ("a/b", ["a/b/c.ipynb"], ["x/a/b/c.ipynb", "a/bc/d.ipynb"]),
        ("*.ipynb", ["a.ipynb", "x/a.ipynb"], []),
        ("/*.ipynb", ["a.ipynb"], ["x/a.ipynb"]),
        ("a/*.ipynb", ["a/b.ipynb"], ["a/b/c.ipynb"]),
        ("a/**/z.ipynb", ["a/z.ipynb", "a/b/c/z.ipynb"], ["z.ipynb", "a/xz.ipynb"]),
        ("a/**", ["a/b.ipynb", "a/b/c.ipynb"], ["b/a.ipynb"]),
        ("**", ["a.ipynb", "a/b.ipynb"], []),
        ("?_*.ipynb", ["1_a.ipynb"], ["12_a.ipynb"]),
        ("a?b.ipynb", ["a-b.ipynb"], ["a/b.ipynb"]),
        ("[0-9]*.ipynb", ["1a.ipynb"], ["a1.ipynb"]),
        ("a[!0-9].ipynb", ["ab.ipynb"], ["a1.ipynb", "a/.ipynb"]),
        ("[old]/", ["o/a.ipynb"], ["[old]/a.ipynb"]),
        ("[old+]/a.ipynb", ["[old+]/a.ipynb"], ["o/a.ipynb"]),
        ("a.b(c)+.ipynb", ["a.b(c)+.ipynb"], ["aXb(c)+.ipynb"]),
        ("tränen*.ipynb", ["tränen 1.ipynb"], ["tranen.ipynb"]),
    ],
)
def test_a_glob_reads_as_in_gitignore(glob: str, inside: list[str], outside: list[str]) -> None:
    included = parse_settings(f"include = [{glob!r}]", "mlv.toml")
    excluded = parse_settings(f"exclude = [{glob!r}]", "mlv.toml")

    assert [path for path in inside + outside if included.covers(path)] == inside
    assert [path for path in inside + outside if excluded.covers(path)] == outside


def test_no_glob_matches_nothing() -> None:
    assert not Settings(include=()).covers("a.ipynb")
    assert Settings(exclude=()).covers(".ipynb_checkpoints/a.ipynb")


@pytest.mark.parametrize("value", ['"steps"', "true", '["all"]', '""'])
def test_who_must_have_parameters_is_one_of_three_words(value: str) -> None:
    text = refusal(mlv=f"require-parameters = {value}")
    assert text.startswith(
        'mlv.toml: \'require-parameters\' must be "stages", "all" or "none", not '
    )


@pytest.mark.parametrize("key", ["parameters-tag", "no-effect-tag"])
@pytest.mark.parametrize("value", ['""', '" a"', '"a\\n"', "3", '["a"]'])
def test_a_tag_is_a_text_that_jupyter_can_show(key: str, value: str) -> None:
    assert f"'{key}' must be a tag as Jupyter shows it" in refusal(mlv=f"{key} = {value}")


def test_the_two_tags_must_differ() -> None:
    assert refusal(mlv='no-effect-tag = "parameters"') == (
        "mlv.toml: 'parameters-tag' and 'no-effect-tag' must differ"
    )


# --- projects


def projects(**files: str) -> Projects:
    texts = {name.replace("__", "/") + ".toml": text.encode() for name, text in files.items()}
    return Projects(texts.get)


def test_the_nearest_folder_with_settings_is_the_project() -> None:
    found = projects(
        mlv="steps = 'jobs/{name}.py'",
        clients__acme__pyproject="[tool.mlv]\nexclude = ['drafts/*']",
        clients__pyproject="[project]\nname = 'mlv-like'",
        clients__acme__deep__mlv="# all at their defaults",
    )
    roots = {
        "a.ipynb": "",
        "clients/a.ipynb": "",
        "clients/acme/a.ipynb": "clients/acme",
        "clients/acme/nb/x/a.ipynb": "clients/acme",
        "clients/acme/deep/nb/a.ipynb": "clients/acme/deep",
        "clients/acme2/a.ipynb": "",
    }
    assert {path: found.of(path).root for path in roots} == roots
    assert found.of("clients/acme/deep/a.ipynb").steps == Settings().steps, "nothing is inherited"
    assert [one.root for one in found.all()] == ["", "clients/acme", "clients/acme/deep"]
    assert found.covers("drafts/a.ipynb") and found.covers("clients/acme/nb/drafts/a.ipynb")
    assert not found.covers("clients/acme/drafts/a.ipynb")


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("clients/acme/a.py", "a.py"),
        ("clients/acme/b/a.py", "b/a.py"),
        ("clients/a.py", "../a.py"),
        ("clients/acme2/a.py", "../acme2/a.py"),
        ("shared/a.csv", "../../shared/a.csv"),
    ],
)
def test_a_path_of_a_project_and_of_the_repository_are_told_from_each_other(
    path: str, inside: str
) -> None:
    acme = Settings(root="clients/acme")
    assert (acme.inside(path), acme.at(inside)) == (inside, path)
    assert (Settings().inside(path), Settings().at(path)) == (path, path)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a__mlv": "steps = ["}, "a/mlv.toml is not valid TOML: "),
        ({"a__mlv": "stepz = 1"}, "a/mlv.toml: unknown key 'stepz', did you mean 'steps'?"),
        ({"a__pyproject": "tool.mlv = 1"}, "a/pyproject.toml: [tool.mlv] must be a table"),
        (
            {"a__mlv": "dvc-file = 'x/stages.yaml'"},
            "a/mlv.toml: 'dvc-file' must be a file dvc.yaml",
        ),
        ({"a__mlv": "dvc-file = '../dvc.yaml'"}, "a/mlv.toml: 'dvc-file' must be a file dvc.yaml"),
        ({"a__mlv": "params-file = 'dvc.yaml'"}, "a/mlv.toml: 'params-file' must be a .yaml file"),
        ({"a__mlv": "params-file = '/p.yaml'"}, "a/mlv.toml: 'params-file' must be a .yaml file"),
        ({"a__mlv": "baseline = 'b.json'"}, "a/mlv.toml: 'baseline' is about all projects: set it"),
        (
            {"a__mlv": "", "a__pyproject": "[tool.mlv]"},
            "a/mlv.toml and [tool.mlv] in a/pyproject.toml both exist: keep one",
        ),
    ],
)
def test_settings_of_a_project_that_cannot_be_used_name_their_file(
    files: dict[str, str], expected: str
) -> None:
    found = projects(**files)
    with pytest.raises(ConfigError) as caught:
        found.of("a/b/c.ipynb")
    assert str(caught.value).startswith(expected)
    assert found.of("b.ipynb") == Settings()
