"""What DVC keeps is left out of git before it first runs, as DVC itself would do it."""

from __future__ import annotations

import pytest
from piped import FIT, LEARN, cells, dvc, is_settled, sync
from support import Repo

from mlv_hooks.stage.gitignore import edited, ignore_changes


@pytest.mark.parametrize(
    ("text", "kept", "dropped", "new"),
    [
        ("", ["model"], [], "/model\n"),
        ("# mine\n*.log", ["model"], [], "# mine\n*.log\n/model\n"),
        ("*.log\r\n", ["model"], [], "*.log\r\n/model\r\n"),
        ("/model\n", ["model"], [], "/model\n"),
        ("/model\n", [], ["model"], ""),
        ("/old\n# mine\n\n/old", ["new"], ["old"], "# mine\n\n/new\n"),
        ("model\n/model/\n /model\n", [], ["model"], "model\n/model/\n /model\n"),
        ("*.log\r\n/a\r\n/b", [], ["b"], "*.log\r\n/a\r\n"),
        ("/caf\xe9\n/a\x0cb\n", ["c"], [], "/caf\xe9\n/a\x0cb\n/c\n"),
    ],
)
def test_lines_come_and_go_and_all_else_stays(
    text: str, kept: list[str], dropped: list[str], new: str
) -> None:
    assert edited(text.encode("latin-1"), kept, dropped) == new.encode("latin-1")


NAMES = ["a b.txt", "#odd[1]!*?.txt", "!x\\y", "é", "end ", "two  "]


def test_each_name_is_ignored_and_no_other(repo: Repo) -> None:
    for one in ignore_changes(["top", *(f"d/{name}" for name in NAMES)], [], lambda path: None):
        assert one.new
        repo.write(one.path, one.new)
    for name in (*NAMES, "a", "#odd[1]!xy.txt", "end", "two ", "top"):
        repo.write(f"d/{name}", "")
    repo.write("top", "")
    shown = repo.git("ls-files", "-z", "--others", "--exclude-standard").split("\0")[:-1]
    assert sorted(shown) == sorted(
        [".gitignore", "d/.gitignore", "d/a", "d/#odd[1]!xy.txt", "d/end", "d/two ", "d/top"]
    )


def test_outputs_are_ignored_before_the_first_run_and_dvc_has_nothing_to_add(piped: Repo) -> None:
    assert {".gitignore", "data/.gitignore"} <= piped.changed().keys()
    assert piped.read(".gitignore") == b"/model.txt\n/scores.json\n"
    assert piped.read("data/.gitignore") == b"/clean.txt\n"
    dvc(piped, "init", "--quiet")
    dvc(piped, "repro", "--quiet")
    assert not {path for path in piped.status() if path.endswith("ignore") and path[0] != "."}
    piped.add()
    piped.commits()
    assert piped.changed().keys() == {".dvc/.gitignore", ".dvc/config", ".dvcignore", "dvc.lock"}

    # Another output, one less, in a file that has lines of others.
    piped.write(".gitignore", "# mine\r\n*.log\r\n/model.txt\r\n/scores.json")
    piped.write("fit.ipynb", cells(FIT.replace("model.txt", "new/best model.txt"), LEARN))
    piped.commits("-a", left={"model.txt": "??"})
    assert piped.read(".gitignore") == b"# mine\r\n*.log\r\n/scores.json"
    assert piped.read("new/.gitignore") == b"/best model.txt\n"
    dvc(piped, "repro", "--quiet")
    assert piped.status() == {"dvc.lock": " M", "model.txt": "??"}
    is_settled(piped)

    # What somebody else keeps stays ignored; a file without a line goes, the data stays.
    (piped.top / "model.txt").unlink()
    piped.write("scores.json.dvc", "outs:\n- path: scores.json\n")
    piped.git("rm", "--quiet", "fit.ipynb")
    piped.add("scores.json.dvc", "dvc.lock")
    piped.commits(left={"new/best model.txt": "??"})
    assert piped.read(".gitignore") == b"# mine\r\n*.log\r\n/scores.json"
    assert not piped.exists("new/.gitignore") and piped.exists("new/best model.txt")


def test_a_gitignore_at_work_is_safe_and_what_is_ignored_or_beyond_a_link_needs_no_line(
    piped: Repo,
) -> None:
    piped.write(".gitignore", "/model.txt\n/scores.json\nout/\n")
    piped.add()
    piped.commits()
    (piped.top / "big").symlink_to("/tmp")
    piped.write("fit.ipynb", cells(FIT.replace("scores.json", "out/scores.json"), LEARN))
    piped.write(".gitignore", "/model.txt\n/scores.json\nout/\n*.bak\n")
    piped.add("fit.ipynb")
    assert ".gitignore: MLV303 has edits that are not staged" in piped.refuses()
    piped.add(".gitignore")
    piped.commits(left={"big": "??"})
    assert piped.read(".gitignore") == b"/model.txt\nout/\n*.bak\n"
    piped.write("fit.ipynb", cells(FIT.replace("model.txt", "big/model.txt"), LEARN))
    assert "; no stage writes model.txt any more" in sync(piped).said
    assert not (piped.top / "big/.gitignore").exists()
