"""A notebook imports a package that no file of the project declares.

## Why

Whoever installs what the project declares has no such package: the notebook ends at the import.
Here it runs since somebody once installed it by hand.

## Bad

    # requirements.txt: pandas
    import pandas as pd
    import seaborn as sns

## Good

    # requirements.txt: pandas, seaborn
    import pandas as pd
    import seaborn as sns

## How to fix

Add the package to the file that the finding names, the first of those that count. Its name may be
another than that of the module: `sklearn` is in scikit-learn.

- Declared is what stands in pyproject.toml (all groups and extras, also those of Poetry, PDM,
  Hatch, uv and pixi), requirements files (by these names or in `requirements/`) and what they
  include, setup.cfg, setup.py, environment.yml, pixi.toml, Pipfile, and in uv.lock, poetry.lock
  or pdm.lock where there is nothing else. A constraint (`-c`) declares nothing.
- The files from the notebook's folder up to its project's root (the nearest folder with settings
  of mlv) count together; those at git's top only where these declare nothing.
- What comes with a declared package counts, as far as it is well known (NumPy with pandas), and
  so does what every kernel brings (IPython). Of all other packages nobody can tell what they
  bring: declare what you import.
- The project's own modules are no finding: beside the notebook, at the root, in `src/`, and of
  names that no well-known package has each in the repository.
- Nothing is said where the project declares nothing, or tools alone (pytest, ruff); where a file
  of these is broken, or a program decides (setup.py that computes); and of a module that is in no
  table, unless all packages that are declared are well known: any other may bring it.
- No finding are imports that may fail: below `try` with a handler for it, under a question about
  the machine (`sys.version_info`, Colab), for `TYPE_CHECKING` alone; what the notebook installs
  (MLV507); and what stands in cells tagged `no-effect`, which are for looking only.

It is advice: which package a module is in is told from tables of well-known names, never from
what is installed here, and where the notebook shall run may have the package without the
project's files.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.packages.undeclared import undeclared
from mlv_hooks.rules import Subject, rule


@rule(
    "MLV505",
    name="undeclared-import",
    summary="A package is imported that the project does not declare.",
    cells=True,
    commit="advice",
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    if subject.content is None or subject.packages is None or not subject.content.is_python:
        return
    for one in undeclared(subject.content, settings, subject.packages):
        what = f"add {one.package}" if one.package else "add its package"
        message = f"{one.name} is declared nowhere: {what} to {one.target}"
        yield subject.report_cell("MLV505", message, one.cell, one.line)
