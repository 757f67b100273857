"""What is said of an input that nobody has: only what may have been meant is proposed."""

from __future__ import annotations

import pytest
from piped import cells
from users import User

NOTEBOOK = '''"""Fit.

:dvc-in: {path}
:dvc-out model: models/model.bin
"""
model = "models/model.bin"'''


@pytest.mark.parametrize(
    ("path", "proposed"),
    [
        ("data/clean.cvs", "write data/clean.csv, or "),
        ("big.csv", "write data/big.csv, or "),
        ("models/modul.bin", ""),
        ("data/conf.json", ""),
        ("reviews.json", ""),
    ],
)
def test_a_path_is_proposed_when_it_may_have_been_meant(
    at_home: User, path: str, proposed: str
) -> None:
    at_home.write("data/clean.csv", "a\n1\n")
    at_home.write("data/big.csv.dvc", "outs:\n- path: big.csv\n")
    at_home.write("models/model.bin", "1")
    work = "open(model, 'w').write('1')"
    at_home.write("fit.ipynb", cells(NOTEBOOK.format(path=path), work))
    at_home.git("add", ".")
    said = at_home.mlv("check", "--select", "MLV418", code=1).out
    told = f"{path}, an input of the stage fit, is not there, and no stage writes it"
    assert f"MLV418 {told}: {proposed}add the file\n" in said
