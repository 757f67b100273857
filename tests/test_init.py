"""`mlv init`: what is added to a repository, byte for byte, and what is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlv_hooks.commands.hook_entry import (
    HOOK_COMMENT,
    HOOKS_CONFIG,
    INSTALL_COMMENT,
    INSTALL_LINE,
    REPO_URL,
)
from mlv_hooks.commands.init import JUPYTEXT_FILES, InitPlan, plan_init, report
from mlv_hooks.commands.init_text import InitRefused
from mlv_hooks.config import Settings, load_settings, parse_settings

Files = dict[str, bytes]

ENTRY = {"repo": REPO_URL, "rev": "v1.2.3", "hooks": [{"id": "mlv"}]}
INSTALL = f"{INSTALL_COMMENT}\n{INSTALL_LINE}\n"


def plan(files: Files) -> InitPlan:
    return plan_init(files.get, "1.2.3")


def apply(files: Files) -> Files:
    """Return the files after `mlv init`, having checked that a second run adds nothing."""
    changed = dict(files)
    for change in plan(files).changes:
        assert change.new is not None
        assert change.old == files.get(change.path)
        changed[change.path] = change.new
    assert plan(changed).changes == ()
    return changed


def entry(dash: int, key: int, hook_dash: int, hook_key: int) -> str:
    lines = [
        f"{' ' * dash}-{' ' * (key - dash - 1)}repo: {REPO_URL}",
        f"{' ' * key}rev: v1.2.3",
        f"{' ' * key}hooks:",
        *(f"{' ' * hook_dash}{one}" for one in HOOK_COMMENT),
        f"{' ' * hook_dash}-{' ' * (hook_key - hook_dash - 1)}id: mlv",
    ]
    return "".join(f"{one}\n" for one in lines)


def run(*command: str, cwd: Path) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env["PRE_COMMIT_HOME"] = str(cwd / ".pre-commit-home")
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def yaml(text: bytes | str) -> dict[str, object]:
    from ruamel.yaml import YAML

    loaded = YAML(typ="safe", pure=True).load(text)
    assert isinstance(loaded, dict)
    return loaded


# --- the pre-commit configuration: {name: (before, after)}; @ is our entry, ! the hook types

A = "repo: https://example.org/a\n"
CASES: dict[str, tuple[str, str]] = {
    "indent 0": (
        "repos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n",
        "!repos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n" + entry(0, 2, 2, 4),
    ),
    "indent 2": (
        "repos:\n  - {A}    rev: v1\n    hooks:\n      - id: a\n",
        "!repos:\n  - {A}    rev: v1\n    hooks:\n      - id: a\n" + entry(2, 4, 6, 8),
    ),
    "indent 4, as pre-commit's sample": (
        "# See https://pre-commit.com\nrepos:\n-   {A}    rev: v1\n    hooks:\n    -   id: a\n",
        "# See https://pre-commit.com\n!repos:\n-   {A}    rev: v1\n    hooks:\n    -   id: a\n"
        + entry(0, 4, 4, 8),
    ),
    "deep": (
        "repos:\n    -   {A}        rev: v1\n        hooks:\n            -   id: a\n",
        "!repos:\n    -   {A}        rev: v1\n        hooks:\n            -   id: a\n"
        + entry(4, 8, 12, 16),
    ),
    "the style of the last item that shows it": (
        "repos:\n- {A}  rev: v1\n  hooks:\n    - id: a\n- {A}  rev: v1\n  hooks: [{{id: b}}]\n",
        "!repos:\n- {A}  rev: v1\n  hooks:\n    - id: a\n- {A}  rev: v1\n  hooks: [{{id: b}}]\n"
        + entry(0, 2, 4, 6),
    ),
    "only flow items": (
        "repos:\n  - {{repo: meta, hooks: [{{id: identity}}]}}\n",
        "!repos:\n  - {{repo: meta, hooks: [{{id: identity}}]}}\n" + entry(2, 4, 6, 8),
    ),
    "empty lines between items": (
        "repos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n\n# of b\n- {A}  rev: v1\n"
        "  hooks:\n  - id: b\n",
        "!repos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n\n# of b\n"
        "- {A}  rev: v1\n  hooks:\n  - id: b\n\n" + entry(0, 2, 2, 4),
    ),
    "comments that belong to the last item": (
        "repos:\n- {A}  rev: v1 # pinned\n  hooks:\n  - id: a\n\n  # - id: off\n#  - id: off too\n",
        "!repos:\n- {A}  rev: v1 # pinned\n  hooks:\n  - id: a\n\n  # - id: off\n#  - id: off too\n"
        + entry(0, 2, 2, 4),
    ),
    "keys before and after, each with its comment": (
        "# head\nfail_fast: true\n\n# the hooks\nrepos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n"
        "# the service\nci:\n  skip: [a]\n",
        "# head\nfail_fast: true\n\n!# the hooks\nrepos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n"
        + entry(0, 2, 2, 4)
        + "# the service\nci:\n  skip: [a]\n",
    ),
    "an empty line and a key after": (
        "repos:\n  - {A}    rev: v1\n    hooks:\n      - id: a\n\n"
        "# the service\nci:\n  skip: [a]\n",
        "!repos:\n  - {A}    rev: v1\n    hooks:\n      - id: a\n"
        + entry(2, 4, 6, 8)
        + "\n# the service\nci:\n  skip: [a]\n",
    ),
    "a document marker and quotes": (
        '---\n# head\n"repos":\n  - repo: \'local\'\n    hooks:\n      - id: "a"\n        name: a\n'
        "        entry: 'a: # no comment'\n        language: system\n",
        "---\n# head\n!\"repos\":\n  - repo: 'local'\n    hooks:\n"
        '      - id: "a"\n        name: a\n'
        "        entry: 'a: # no comment'\n        language: system\n" + entry(2, 4, 6, 8),
    ),
    "a block scalar at the end": (
        "repos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n    exclude: |\n      (?x)^(\n"
        "      # old - things\n      )$\n      # end\n\n\nci:\n  skip: []\n",
        "!repos:\n- {A}  rev: v1\n  hooks:\n  - id: a\n    exclude: |\n      (?x)^(\n"
        "      # old - things\n      )$\n      # end\n"
        + entry(0, 2, 2, 4)
        + "\n\nci:\n  skip: []\n",
    ),
    "anchors and aliases": (
        "repos:\n- &one\n  {A}  rev: &rev v1\n  hooks:\n  - &h\n    id: a\n"
        "- <<: *one\n  rev: *rev\n"
        "- *one\n",
        "!repos:\n- &one\n  {A}  rev: &rev v1\n  hooks:\n  - &h\n    id: a\n"
        "- <<: *one\n  rev: *rev\n"
        "- *one\n" + entry(0, 2, 2, 4),
    ),
    "an anchor at the list": (
        "repos: &all\n  - {A}    rev: v1\n    hooks: &hooks\n    - id: a\n",
        "!repos: &all\n  - {A}    rev: v1\n    hooks: &hooks\n    - id: a\n" + entry(2, 4, 4, 6),
    ),
    "repos: []": ("repos: []  # none yet\n", "!repos:  # none yet\n" + entry(2, 4, 6, 8)),
    "repos: [], then a key": (
        "repos: []\nfail_fast: true\n",
        "!repos:\n" + entry(2, 4, 6, 8) + "fail_fast: true\n",
    ),
    "repos without a value": (
        "# head\nrepos: # soon\n\n# later\nfail_fast: true\n",
        "# head\n!repos: # soon\n" + entry(2, 4, 6, 8) + "\n# later\nfail_fast: true\n",
    ),
    "no repos": ("fail_fast: true\n", "fail_fast: true\n\n!repos:\n" + entry(2, 4, 6, 8)),
    "only comments": ("# later\n", "# later\n\n!repos:\n" + entry(2, 4, 6, 8)),
    "only a document marker": ("---\n", "---\n\n!repos:\n" + entry(2, 4, 6, 8)),
    "empty": ("", "!repos:\n" + entry(2, 4, 6, 8)),
    "the whole mapping indented": (
        "  fail_fast: true\n  repos:\n  - {A}    rev: v1\n    hooks:\n    - id: a\n",
        f"  fail_fast: true\n  {INSTALL_COMMENT}\n  {INSTALL_LINE}\n"
        "  repos:\n  - {A}    rev: v1\n    hooks:\n    - id: a\n" + entry(2, 4, 4, 6),
    ),
    "hook types are set": (
        "default_install_hook_types: [pre-commit, commit-msg, pre-merge-commit]\nrepos: []\n",
        "default_install_hook_types: [pre-commit, commit-msg, pre-merge-commit]\nrepos:\n"
        + entry(2, 4, 6, 8),
    ),
    "our hook is there, the hook types are not": (
        f"repos:\n- repo: {REPO_URL}\n  rev: v0.0.9\n  hooks: [{{{{id: mlv-pair}}}}]\n",
        f"!repos:\n- repo: {REPO_URL}\n  rev: v0.0.9\n  hooks: [{{{{id: mlv-pair}}}}]\n",
    ),
    "non-ASCII": (
        "# Häkchen\nrepos:\n- {A}  rev: v1  # \xa0 \u4e2d\n  hooks:\n  - id: a # \U0001f600\n",
        "# Häkchen\n!repos:\n- {A}  rev: v1  # \xa0 \u4e2d\n  hooks:\n  - id: a # \U0001f600\n"
        + entry(0, 2, 2, 4),
    ),
}
CASES = {
    name: (before.format(A=A), after.replace("!", INSTALL, 1).format(A=A))
    for name, (before, after) in CASES.items()
}
case = pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)


@case
def test_the_entry_is_inserted_in_the_files_own_style(before: str, after: str) -> None:
    assert apply({HOOKS_CONFIG: before.encode()})[HOOKS_CONFIG].decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [pytest.param(*one, id=name) for name, one in CASES.items() if one[0]],
)
def test_crlf_line_ends_are_followed(before: str, after: str) -> None:
    files = {HOOKS_CONFIG: before.replace("\n", "\r\n").encode()}
    assert apply(files)[HOOKS_CONFIG].decode() == after.replace("\n", "\r\n")


@case
def test_a_missing_last_newline_only_gains_a_line_end_where_text_follows(
    before: str, after: str
) -> None:
    cut = before.removesuffix("\n")
    result = apply({HOOKS_CONFIG: cut.encode()})[HOOKS_CONFIG].decode()
    assert result in (after, after.removesuffix("\n"))
    assert result.endswith("\n") or result.endswith(cut.splitlines()[-1])


@case
def test_a_byte_order_mark_stays(before: str, after: str) -> None:
    result = apply({HOOKS_CONFIG: b"\xef\xbb\xbf" + before.encode()})[HOOKS_CONFIG]
    assert result == b"\xef\xbb\xbf" + after.encode()


@case
def test_what_the_file_said_before_it_still_says(before: str, after: str) -> None:
    result = yaml(apply({HOOKS_CONFIG: before.encode()})[HOOKS_CONFIG].decode())
    old = yaml(before) if before.strip("-#later \n") else {}
    rest = result.pop("repos")
    assert isinstance(rest, list)
    if "mlv-pair" not in before:
        assert rest.pop() == ENTRY
    assert rest == (old.pop("repos", None) or [])
    kinds = result.pop("default_install_hook_types")
    assert isinstance(kinds, list)
    assert {"pre-commit", "pre-merge-commit"} <= set(kinds)
    assert result == {k: v for k, v in old.items() if k != "default_install_hook_types"}


def test_pre_commit_takes_every_result(tmp_path: Path) -> None:
    names = []
    for number, (before, _) in enumerate(CASES.values()):
        name = f"{number}.yaml"
        (tmp_path / name).write_bytes(apply({HOOKS_CONFIG: before.encode()})[HOOKS_CONFIG])
        names.append(name)
    (tmp_path / "new.yaml").write_bytes(apply({})[HOOKS_CONFIG])
    python = sys.executable
    run(python, "-m", "pre_commit", "validate-config", *names, "new.yaml", cwd=tmp_path)


REFUSED = {
    "broken": (b"repos:\n- repo: a\n  - x: [\n", "(line "),
    "a duplicate key": (b"repos: []\nrepos: []\n", "line 2"),
    "not UTF-8": (b"# ok\n# \xff\nrepos: []\n", "line 2"),
    "UTF-16": ("repos: []\n".encode("utf-16"), "not UTF-8"),
    "the old list": (b"- repo: a\n  hooks: []\n", "pre-commit migrate-config"),
    "a scalar": (b"hello\n", "mapping"),
    "repos is a mapping": (b"repos: {a: 1}\n", "mapping with a list"),
    "repos in flow style": (b"repos: [{repo: meta, hooks: [{id: identity}]}]\n", "cannot extend"),
    "all in flow style": (b"{repos: []}\n", "cannot extend"),
    "an alias": (b"x: &r\n- repo: meta\n  hooks: []\nrepos: *r\n", "cannot extend"),
    "repos: null": (b"repos: null\n", "cannot extend"),
    "two documents": (b"repos: []\n---\nrepos: []\n", "not valid YAML"),
    "an end marker without repos": (b"fail_fast: true\n...\n", "cannot extend"),
    "deep nesting": (b"repos: " + b"[" * 5000, "not valid YAML"),
    "an alias within its anchor": (b"x: &a [*a]\nrepos: []\n", "cannot extend"),
    "a NUL": (b"repos: \x00\n", "not valid YAML"),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_cannot_be_added_to_is_refused_in_one_line(content: bytes, says: str) -> None:
    with pytest.raises(InitRefused) as caught:
        plan({HOOKS_CONFIG: content})
    message = str(caught.value)
    assert message.startswith(HOOKS_CONFIG)
    assert says in message
    assert "\n" not in message


def test_hook_types_that_cannot_be_inserted_are_told() -> None:
    content = f"{{repos: [{{repo: {REPO_URL}, rev: v1, hooks: [{{id: mlv-pair}}]}}]}}\n"
    with pytest.raises(InitRefused, match=r"add `default_install_hook_types: .*` at its top"):
        plan({HOOKS_CONFIG: content.encode()})


def test_an_end_marker_below_the_repos_stays_below() -> None:
    before = b"repos:\n- repo: meta\n  hooks:\n  - id: identity\n...\n"
    assert apply({HOOKS_CONFIG: before})[HOOKS_CONFIG].endswith(b"  - id: mlv\n...\n")


def test_a_new_file_has_the_entry_the_hook_types_and_the_reasons() -> None:
    text = apply({})[HOOKS_CONFIG].decode()
    assert text == INSTALL + "repos:\n" + entry(2, 4, 6, 8)


def test_our_entry_goes_below_the_hooks_that_change_files() -> None:
    before = "repos:\n" + "".join(
        f"- {A}  rev: v1\n  hooks:\n  - id: {one}\n" for one in ("nbstripout", "ruff-format")
    )
    changed = plan({HOOKS_CONFIG: before.encode()})
    assert changed.changes[2].new is not None
    assert yaml(changed.changes[2].new)["repos"][-1] == ENTRY  # type: ignore[index]
    assert changed.notes == ()


def test_an_entry_above_a_formatter_is_left_there_and_told() -> None:
    hooks = "[{id: mlv-pair}]}\n- {repo: b, rev: v1, hooks: [{id: black}, {id: mypy}]}\n"
    before = f"{INSTALL_LINE}\nrepos:\n- {{repo: {REPO_URL}, rev: v1, hooks: {hooks}"
    result = plan({HOOKS_CONFIG: before.encode()})
    assert all(change.path != HOOKS_CONFIG for change in result.changes)
    (note,) = result.notes
    assert note == f"mlv-pair stands before black in {HOOKS_CONFIG}: move it to the end of repos"


def test_a_local_entry_of_ours_counts() -> None:
    before = (
        f"{INSTALL_LINE}\nrepos:\n- repo: local\n  hooks:\n  - id: mlv-pair\n    name: p\n"
        "    entry: mlv hook pair\n    language: system\n"
    )
    result = plan({HOOKS_CONFIG: before.encode()})
    assert f"{HOOKS_CONFIG}: mlv-pair" in result.stood
    assert all(change.path != HOOKS_CONFIG for change in result.changes)


@pytest.mark.parametrize("hook", ["id: jupytext", "id: pair\n    entry: jupytext --sync"])
def test_the_hook_of_jupytext_is_kept_and_told(hook: str) -> None:
    before = f"repos:\n- repo: https://github.com/mwouts/jupytext\n  hooks:\n  - {hook}\n"
    files = {HOOKS_CONFIG: before.encode()}
    assert before.partition("\n")[2] in apply(files)[HOOKS_CONFIG].decode()
    assert plan(files).notes == (
        f"jupytext's own hook stands in {HOOKS_CONFIG}: remove it, mlv does its work",
    )


def test_hook_types_without_merges_are_kept_and_told() -> None:
    before = b"default_install_hook_types: [pre-commit, commit-msg]\nrepos: []\n"
    files = {HOOKS_CONFIG: before}
    assert apply(files)[HOOKS_CONFIG].startswith(before.splitlines()[0] + b"\nrepos:\n")
    (note,) = plan(files).notes
    assert note.startswith("add pre-merge-commit to default_install_hook_types")


def test_the_other_files_of_prek_are_known() -> None:
    assert ".pre-commit-config.yaml" not in apply({".pre-commit-config.yml": b"repos: []\n"})
    result = plan({"prek.toml": b"repos = []\n"})
    assert all("pre-commit" not in change.path for change in result.changes)
    assert result.notes[0].startswith("prek.toml: add as the last of its repos")


# --- settings


def test_without_pyproject_small_files_of_our_own_are_written() -> None:
    files = apply({})
    assert set(files) == {"mlv.toml", "jupytext.toml", HOOKS_CONFIG, ".gitattributes"}
    assert load_settings(files.get) == Settings()


PYPROJECTS = {
    "plain": b'[project]\nname = "x"\n',
    "no last newline": b'[project]\nname = "x"',
    "empty lines at the end": b'[project]\nname = "x"\n\n\n',
    "CRLF": b'[project]\r\nname = "x"\r\n',
    "an array of tables at the end": b'[tool.ruff]\nline-length = 9\n[[tool.x.y]]\na = """\n[z]"""',
    "dotted keys at the top": b"tool.ruff.line-length = 9\n",
    "empty": b"",
    "a comment at the end": b'[project]\nname = "x"\n# the end',
    "[tool] with tables": b"[tool]\n[tool.black]\nline-length = 9\n",
    "a dependency of our name": b'[project]\nname = "x"\ndependencies = ["mlv-hooks"]\n',
}


@pytest.mark.parametrize("before", PYPROJECTS.values(), ids=PYPROJECTS)
def test_tables_are_appended_to_pyproject(before: bytes) -> None:
    files = apply({"pyproject.toml": before})
    after = files["pyproject.toml"]
    assert after.startswith(before)
    assert after.count(b"\n") - after.count(b"\r\n") in (0, after.count(b"\n"))
    assert after.endswith(b"\n")
    assert load_settings(files.get) == Settings()
    table = toml(after)["tool"]
    assert table["mlv"] == {}
    assert table["jupytext"]["formats"] == "ipynb,auto:percent"
    assert "mlv.toml" not in files
    assert "jupytext.toml" not in files


def toml(data: bytes) -> dict[str, dict[str, dict[str, object]]]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(data.decode())


def test_each_commented_line_is_a_setting_at_its_default() -> None:
    text = apply({})["mlv.toml"].decode()
    lines = [line.removeprefix("# ") for line in text.splitlines() if " = " in line]
    assert len(lines) == len(Settings.__dataclass_fields__.keys() - {"root"})
    for line in lines:
        assert parse_settings(line, "mlv.toml") == Settings()


@pytest.mark.parametrize(
    "before",
    [b"[tool.mlv]\ninclude = []\n", b"tool.mlv.include = []\n", b"[tool]\nmlv = {include = []}\n"],
)
def test_settings_that_stand_are_kept(before: bytes) -> None:
    files = apply({"pyproject.toml": before, "jupytext.toml": b""})
    assert files["pyproject.toml"] == before
    assert "[tool.mlv] in pyproject.toml" in plan(files).stood


def test_an_own_settings_file_is_not_doubled_in_pyproject() -> None:
    files = apply({"pyproject.toml": b"", "mlv.toml": b"ignore = []\n"})
    assert b"[tool.mlv]" not in files["pyproject.toml"]
    assert b"[tool.jupytext]" in files["pyproject.toml"]
    assert load_settings(files.get) == Settings()


def test_a_jupytext_table_stands() -> None:
    before = b'[tool.jupytext]\nformats = "ipynb,md"\n\n[tool.z]\na = 1\n'
    after = apply({"pyproject.toml": before})["pyproject.toml"]
    assert after.startswith(before + b"\n[tool.mlv]\n")
    assert after.count(b"jupytext") == 1


@pytest.mark.parametrize("name", JUPYTEXT_FILES)
def test_any_configuration_file_of_jupytext_stands(name: str) -> None:
    alone = apply({name: b""})
    assert {"jupytext.toml", name} & set(alone) == {name}
    assert b"jupytext" not in apply({name: b"", "pyproject.toml": b""})["pyproject.toml"]


def test_every_configuration_file_that_jupytext_knows_is_known() -> None:
    from jupytext.config import JUPYTEXT_CONFIG_FILES

    assert set(JUPYTEXT_FILES) == set(JUPYTEXT_CONFIG_FILES)


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": b'[project]\nname = "x"\n'}])
def test_jupytext_reads_the_configuration(files: Files, tmp_path: Path) -> None:
    from jupytext.config import load_jupytext_config

    for name, data in apply(files).items():
        (tmp_path / name).write_bytes(data)
    config = load_jupytext_config(str(tmp_path / "a.ipynb"))
    assert config.formats == ["ipynb,auto:percent"]
    assert config.notebook_metadata_filter == "kernelspec,mlv,-all"
    assert config.cell_metadata_filter == "tags,name,title,mlv,-all"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[project\n", "not valid TOML"),
        (b"a = 1\na = 2\n", "not valid TOML"),
        (b"# \xff\n", "not UTF-8 (line 1)"),
        (b"tool = {black = {}}\n", "by hand"),
        (b"tool = 3\n", "must be a table"),
    ],
)
def test_a_pyproject_that_cannot_be_added_to_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(InitRefused, match=r"^pyproject\.toml") as caught:
        plan({"pyproject.toml": content})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


# --- attributes


@pytest.mark.parametrize(
    "before",
    [None, b"", b"*.py text", b"*.csv binary\n", b"*.csv binary\r\n", b"\xff.txt text\n"],
)
def test_git_sees_the_attribute_and_each_old_line(before: bytes | None, tmp_path: Path) -> None:
    files = {} if before is None else {".gitattributes": before}
    after = apply(files)[".gitattributes"]
    assert after.startswith(before or b"")
    run("git", "init", "-q", cwd=tmp_path)
    (tmp_path / ".gitattributes").write_bytes(after)
    told = run("git", "check-attr", "linguist-generated", "--", "a/b.ipynb", "b.py", cwd=tmp_path)
    assert told.splitlines() == [
        "a/b.ipynb: linguist-generated: set",
        "b.py: linguist-generated: unspecified",
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"*.ipynb linguist-generated",
        b"*.ipynb filter=nbstripout linguist-generated=true",
        b"*.ipynb -linguist-generated\r",
        b"docs/*.ipynb !linguist-generated",
        b'"my notebooks/*.ipynb" linguist-generated=false',
    ],
)
def test_what_people_decided_about_notebooks_stands(line: bytes) -> None:
    before = b"*.csv binary\n" + line + b"\n"
    assert apply({".gitattributes": before})[".gitattributes"] == before


@pytest.mark.parametrize(
    "line", [b"*.ipynb filter=nbstripout", b"# *.ipynb linguist-generated", b"* linguist-generated"]
)
def test_other_lines_do_not_count_as_a_decision(line: bytes) -> None:
    after = apply({".gitattributes": line})[".gitattributes"]
    assert after.startswith(line + b"\n\n# ")
    assert b"\n*.ipynb linguist-generated\n" in after


# --- report


def test_the_report_says_what_was_written_what_stood_and_what_is_next() -> None:
    files: Files = {"pyproject.toml": b"[tool.jupytext]\n"}
    lines = report(plan(files), 300)
    assert lines == [
        "wrote pyproject.toml: [tool.mlv] added at its end",
        "wrote .pre-commit-config.yaml: mlv on each commit and merge",
        "wrote .gitattributes: web diffs fold notebooks, people read the scripts",
        "kept [tool.jupytext] in pyproject.toml",
        "300 notebooks would be paired: run `mlv sync`",
        "to pair on every commit: run `pre-commit install`",
    ]
    again = report(plan(apply(files)), 1)
    assert not any(line.startswith(("wrote", "to pair")) for line in again)
    assert sum(line.startswith("kept ") for line in again) == 4
    assert again[-1] == "1 notebook would be paired: run `mlv sync`"


def test_the_report_of_a_dry_run_promises_nothing() -> None:
    lines = report(plan({}), 0, dry_run=True)
    assert all(line.startswith("would write ") for line in lines)
    assert len(lines) == 4


# --- the order, with pre-commit itself

_HOOK = "  - {{id: {0}, name: {0}, entry: '{1}', language: system, {2}}}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[str], Path]:
    def make(entry: str) -> Path:
        top = tmp_path / "repository"
        top.mkdir()
        run("git", "init", "-q", "-b", "main", cwd=top)
        for key, value in (("user.name", "a"), ("user.email", "a@example.org")):
            run("git", "config", key, value, cwd=top)
        files = apply({HOOKS_CONFIG: b"repos:\n- repo: local\n  hooks:\n" + entry.encode()})
        (top / HOOKS_CONFIG).write_bytes(files[HOOKS_CONFIG])
        return top

    return make


def test_plain_install_takes_commits_and_merges(repository: Callable[[str], Path]) -> None:
    top = repository(_HOOK.format("format", "true", "files: x"))
    run(sys.executable, "-m", "pre_commit", "install", cwd=top)
    assert (top / ".git/hooks/pre-commit").is_file()
    assert (top / ".git/hooks/pre-merge-commit").is_file()
