"""Notebooks that declare a stage: each commit carries dvc.yaml along, and real DVC runs it."""

from __future__ import annotations

import json

from piped import CLEAN, FIT, LEARN, PREPARE, cells, dvc, is_settled, stages, sync
from ruamel.yaml import YAML
from support import Repo


def test_a_commit_carries_stages_and_params(piped: Repo) -> None:
    assert {"dvc.yaml", "params.yaml", "steps/fit.py", "fit.py"} <= piped.changed().keys()
    assert stages(piped)["prepare"] == {
        "cmd": "python -m steps.prepare --raw data/raw.txt --clean data/clean.txt ${prepare}",
        "deps": ["data/raw.txt", "steps/prepare.py"],
        "params": ["prepare"],
        "outs": ["data/clean.txt"],
        "meta": {"mlv": {"notebook": "prepare.ipynb"}},
    }
    params = YAML(typ="safe").load(piped.read("params.yaml"))
    assert params["fit"] == {"rate": 0.5, "fast": True, "tags": ["a b", "-c"]}


def test_dvc_runs_what_the_notebooks_do(run: Repo) -> None:
    assert run.read("model.txt") == b"one\ntwo 0.5 True ['a b', '-c']"
    is_settled(run)
    assert "scores.json" in dvc(run, "metrics", "show")


def test_a_look_at_the_results_runs_nothing_again(run: Repo) -> None:
    run.edit("fit.ipynb", "print('looking')", "print('looking closer')")
    run.edit("fit.ipynb", "import json\n", "import json  # for the scores\n")
    run.commits("-a")
    is_settled(run)


def test_a_change_of_the_work_runs_what_depends_on_it(run: Repo) -> None:
    run.edit("prepare.ipynb", "[:rows]", "[-rows:]")
    run.commits("-a")
    assert run.changed().keys() == {"prepare.ipynb", "prepare.py", "steps/prepare.py"}
    said = dvc(run, "repro")
    assert "Running stage 'prepare'" in said and "Running stage 'fit'" in said
    assert run.read("model.txt").startswith(b"two\nthree")


def test_params_give_values_and_sync_never_changes_them(run: Repo) -> None:
    run.edit("params.yaml", "fast: true", "fast: false")
    run.edit("params.yaml", "rows: 2", "rows: 1")
    run.edit("params.yaml", "tags:\n  - a b\n  - -c\n", "tags: []\n")
    assert sync(run).said == ""
    dvc(run, "repro", "--quiet")
    assert run.read("model.txt") == b"one 0.5 False []"


def test_an_experiment_sets_a_param(run: Repo) -> None:
    dvc(run, "exp", "run", "--quiet", "-S", "fit.rate=0.1")
    assert run.read("model.txt") == b"one\ntwo 0.1 True ['a b', '-c']"


def test_a_new_parameter_is_added_to_params(run: Repo) -> None:
    run.edit("params.yaml", "rate: 0.5", "rate: 0.9")
    run.edit("fit.ipynb", "rate = 0.5\n", "rate = 0.5\nepochs = 3\n")
    run.commits("-a")
    params = YAML(typ="safe").load(run.read("params.yaml"))["fit"]
    assert params == {"rate": 0.9, "fast": True, "tags": ["a b", "-c"], "epochs": 3}


def test_a_new_input_changes_its_stage_alone(run: Repo) -> None:
    before = stages(run)
    run.edit("fit.ipynb", ":dvc-out model", ":dvc-in: notes.txt\n:dvc-out model")
    run.commits("-a")
    after = stages(run)
    assert after["fit"]["deps"] == ["data/clean.txt", "notes.txt", "steps/fit.py"]
    assert after["prepare"] == before["prepare"]


def test_modules_that_the_notebook_imports_are_deps(piped: Repo) -> None:
    piped.write("helpers/__init__.py", "")
    piped.write("helpers/clean.py", "from helpers import more\n")
    piped.write("helpers/more.py", "x = 1\n")
    piped.edit("fit.ipynb", "import json\n", "import json\nfrom helpers import clean as c\n")
    piped.add()
    piped.commits()
    deps = stages(piped)["fit"]["deps"]
    assert deps == [
        *("data/clean.txt", "helpers/__init__.py", "helpers/clean.py", "helpers/more.py"),
        "steps/fit.py",
    ]


def test_a_module_that_imports_another_one_brings_it_to_the_deps(piped: Repo) -> None:
    piped.write("helpers.py", "x = 1\n")
    piped.write("more.py", "y = 1\n")
    piped.edit("fit.ipynb", "import json\n", "import json\nimport helpers\n")
    piped.add()
    piped.commits()
    piped.edit("helpers.py", "x = 1\n", "import more\n")
    assert "dvc.yaml" in piped.mlv("sync", "--check").said
    piped.commits("-a")
    assert piped.changed() == {"helpers.py": "M", "dvc.yaml": "M"}
    assert "more.py" in stages(piped)["fit"]["deps"]


def test_a_deleted_notebook_takes_its_stage_along_and_leaves_data(run: Repo) -> None:
    run.git("rm", "--quiet", "fit.ipynb")
    run.commits(left={"model.txt": "??", "scores.json": "??"})
    assert stages(run).keys() == {"prepare"}
    assert b"fit" not in run.read("dvc.lock")
    assert run.exists("model.txt")
    is_settled(run)


def test_a_renamed_notebook_keeps_the_values_of_its_params(run: Repo) -> None:
    run.edit("params.yaml", "rate: 0.5", "rate: 0.9")
    run.git("mv", "fit.ipynb", "learn.ipynb")
    run.add("params.yaml")
    run.commits()
    assert stages(run).keys() == {"learn", "prepare"}
    assert stages(run)["learn"]["meta"] == {"mlv": {"notebook": "learn.ipynb"}}
    assert YAML(typ="safe").load(run.read("params.yaml"))["learn"]["rate"] == 0.9
    dvc(run, "repro", "--quiet")
    assert run.read("model.txt").split()[2] == b"0.9"


def test_a_renamed_notebook_runs_nothing_again(run: Repo) -> None:
    run.git("mv", "fit.ipynb", "learn.ipynb")
    run.commits()
    is_settled(run)
    assert "Running stage" not in dvc(run, "repro")


def test_a_notebook_renamed_and_edited_runs_again(run: Repo) -> None:
    run.git("mv", "fit.ipynb", "learn.ipynb")
    run.edit("learn.ipynb", "'size': len(text)", "'size': len(text) + 1")
    run.add()
    run.commits()
    assert "Running stage 'learn'" in dvc(run, "repro")


def test_what_stands_beside_our_stages_keeps_every_byte(piped: Repo) -> None:
    ours = piped.read("dvc.yaml").decode()
    own = "# by hand\nvars:\n- x: &one 1\n" + ours + "  own:   # mine\n    cmd: 'echo \"hi\"'\n"
    piped.write("dvc.yaml", own)
    piped.add()
    piped.commits()
    piped.edit("fit.ipynb", ":dvc-out model", ":dvc-in: notes.txt\n:dvc-out model")
    piped.commits("-a")
    new = "    - data/clean.txt\n    - notes.txt\n    - steps/fit.py\n"
    old = "    - data/clean.txt\n    - steps/fit.py\n"
    assert piped.read("dvc.yaml").decode() == own.replace(old, new)


def test_what_the_user_sets_of_our_stage_stays(run: Repo) -> None:
    # `dvc freeze` itself refuses a stage with `${fit}`, so people write it.
    run.edit("dvc.yaml", "  fit:\n", "  fit:\n    frozen: true  # until Monday\n    desc: slow\n")
    run.edit("dvc.yaml", "    - model.txt\n", "    - model.txt:\n        cache: false\n")
    run.edit("fit.ipynb", ":dvc-out model", ":dvc-in: notes.txt\n:dvc-out model")
    run.commits("-a")
    fit = stages(run)["fit"]
    assert (fit["frozen"], fit["desc"]) == (True, "slow")
    assert fit["outs"] == [{"model.txt": {"cache": False}}]
    assert "notes.txt" in fit["deps"]
    assert b"# until Monday" in run.read("dvc.yaml")


def test_an_edit_of_our_stage_is_refused_and_says_where_to_say_it(piped: Repo) -> None:
    piped.edit("dvc.yaml", "    - steps/fit.py\n", "    - steps/fit.py\n    - notes.txt\n")
    piped.add()
    said = piped.refuses()
    assert "dvc.yaml: MLV403" in said and "fit.ipynb" in said


def test_a_stage_by_hand_of_the_same_name_is_refused_or_adopted(repo: Repo) -> None:
    repo.write("dvc.yaml", "stages:\n  fit:\n    cmd: echo by hand\n")
    repo.write("fit.ipynb", cells(FIT, LEARN))
    repo.add()
    assert "MLV404" in repo.refuses()
    sync(repo, "--adopt")
    repo.add()
    repo.commits()
    assert stages(repo)["fit"]["meta"] == {"mlv": {"notebook": "fit.ipynb"}}


def test_a_partly_staged_dvc_yaml_is_refused(piped: Repo) -> None:
    piped.edit("fit.ipynb", ":dvc-out model", ":dvc-in: notes.txt\n:dvc-out model")
    piped.add()
    piped.write("dvc.yaml", piped.read("dvc.yaml") + b"# not yet\n")
    said = piped.refuses()
    assert "dvc.yaml" in said and "git add" in said


def test_several_stages_from_one_notebook(repo: Repo) -> None:
    content = json.loads(cells(FIT.replace(":dvc-in clean: data/clean.txt\n", ""), LEARN))
    content["metadata"]["mlv"] = {
        "stages": {
            "small": {"deps": ["data/a.csv"], "args": {"clean": "data/a.csv"}},
            "large": {"deps": ["data/b.csv"], "args": {"clean": "data/b.csv"}, "desc": "all"},
        }
    }
    text = content["cells"][0]["source"]
    content["cells"][0]["source"] = [
        line for line in text if not line.startswith((":dvc-out", ":dvc-metric"))
    ]
    for name, stage in content["metadata"]["mlv"]["stages"].items():
        stage["outs"] = [f"{name}.txt"]
        stage["args"] |= {"model": f"{name}.txt", "scores": f"{name}.json"}
    repo.write("fit.ipynb", json.dumps(content, indent=1) + "\n")
    repo.write("data/b.csv", "2\n")
    repo.add()
    repo.commits()
    assert stages(repo).keys() == {"small", "large"}
    dvc(repo, "init", "--quiet")
    dvc(repo, "repro", "--quiet")
    assert repo.read("large.txt").startswith(b"2\n 0.5")


def test_two_branches_that_each_add_a_notebook(piped: Repo) -> None:
    for name in ("one", "two"):
        piped.git("switch", "--quiet", "-c", name, "main")
        text = PREPARE.replace("clean.txt", f"{name}.txt")
        piped.write(f"{name}.ipynb", cells(text, CLEAN))
        piped.add()
        piped.commits()
    done = piped.run("git", "merge", "--no-edit", "one")
    if done.code:
        piped.git("checkout", "--quiet", "--ours", "dvc.yaml", "params.yaml")
        piped.git("add", "dvc.yaml", "params.yaml")
        sync(piped)
        piped.add()
        piped.commits()
    assert stages(piped).keys() == {"fit", "prepare", "one", "two"}


def test_no_stage_touches_nothing_of_dvc(repo: Repo) -> None:
    repo.edit("train.ipynb", "rate = 0.1", "rate = 0.2")
    repo.commits("-a")
    assert not repo.exists("dvc.yaml") and not repo.exists("params.yaml")


def test_matrix_stages_run_for_each_value(repo: Repo) -> None:
    text = FIT.replace("model.txt", "model-${item.rate}.txt", 1).replace(
        ":dvc-metric scores: scores.json\n", ":dvc-matrix rate: 0.1, 0.2\n"
    )
    text = text.replace(":dvc-in clean: data/clean.txt\n", ":dvc-in clean: data/a.csv\n")
    text = text.replace('clean = "data/clean.txt"', 'clean = "data/a.csv"')
    repo.write("fit.ipynb", cells(text, LEARN))
    repo.add()
    repo.commits()
    dvc(repo, "init", "--quiet")
    dvc(repo, "repro", "--quiet")
    assert repo.read("model-0.2.txt").startswith(b"1\n 0.2")


def test_params_that_the_step_could_not_take_stop_the_commit(piped: Repo) -> None:
    piped.edit("fit.ipynb", 'tags = ["a b", "-c"]', "tagged = 1")
    piped.edit("fit.ipynb", ":param list tags: names", ":param int tagged: names")
    piped.edit("fit.ipynb", "{tags}", "{tagged}")
    piped.add()
    said = piped.refuses()
    assert "params.yaml:4: MLV420 fit.tags is no parameter of fit.ipynb" in said
    assert "delete the line, or call it tagged" in said

    piped.edit("params.yaml", "  tags:\n  - a b\n  - -c\n", "  tagged: many\n")
    piped.add()
    said = piped.refuses()
    assert 'MLV421 fit.tagged is "many" here and 1 in fit.ipynb' in said

    piped.edit("params.yaml", "many", "3")
    piped.add()
    piped.commits()
    assert piped.mlv("check", "--select", "MLV4").out == ""


def test_what_may_come_later_stops_no_commit(piped: Repo) -> None:
    piped.edit("fit.ipynb", ":dvc-out model", ":dvc-in: data/raws.txt\n:dvc-out model")
    piped.edit("fit.ipynb", "import json\n", "import json\nopen('log.txt', 'w').write('')\n")
    piped.commits("-a")
    said = piped.mlv("check", "--select", "MLV4").out
    assert "MLV414 writes log.txt" in said and "`:dvc-out: log.txt`" in said
    assert "MLV418 data/raws.txt" in said and "write data/raw.txt" in said
    assert said.splitlines()[-1] == "Found 2 problems."
