"""A notebook's name says that it is a version (`train_v2_final.ipynb`), a copy
(`train-Copy1.ipynb`), a backup, or has no name yet (`Untitled3.ipynb`).

## Why

Git keeps versions. With two files nobody knows which one made the model, and the step and the
stage are named after the notebook.

## Bad

    train_v2_final.ipynb

## Good

    train.ipynb

## How to fix

Keep the one that is meant, under a name that says what it does: `git mv`. Script, step and stage
follow. A number that is part of a name (`resnet_v2`, `01_prepare`) may stay: suppress the rule
for it by `"mlv": {"ignore": ["MLV508"]}` in the notebook's metadata, or by per-file-ignores.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from mlv_hooks.config import Settings
from mlv_hooks.diagnostics import Diagnostic
from mlv_hooks.rules import Subject, rule

_VERSION = re.compile(
    r"^untitled\d*$|-copy\d*$|^copy[ _-]of\b|\(\d+\)$"
    r"|[ _.-](?:final|latest|old|backup|bak|tmp|copy)(?:[ _.-]?v?\d+)?$"
    r"|[ _.-](?:v|ver|version)[ _.-]?\d+(?:[_.]\d+)*(?:[ _.-]?(?:final|latest|old|new|fixed))*$",
    re.IGNORECASE,
)


@rule(
    "MLV508",
    name="named-like-a-version",
    summary="A notebook is named like a version, a copy or a draft.",
    cells=True,
)
def check(subject: Subject, settings: Settings) -> Iterator[Diagnostic]:
    name = posixpath.basename(subject.path).removesuffix(".ipynb")
    if subject.content is not None and _VERSION.search(name):
        yield subject.report("MLV508", "is named like a version or a copy: name it after its work")
