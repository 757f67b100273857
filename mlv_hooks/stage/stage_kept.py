"""What a stage of dvc.yaml has from its notebook, and what of it is the user's and stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlv_hooks.stage.stage_graph import path_and_flags

OWNED = frozenset({"cmd", "wdir", "deps", "params", "outs", "metrics", "plots", "matrix", "vars"})
"""What the notebook says of a stage; all else of it is the user's."""


def kept(wanted: Mapping[str, object], there: Mapping[str, object]) -> dict[str, object]:
    """Return the stage as wanted, with what the user has set of it kept."""
    result = dict(wanted)
    for key, value in there.items():
        if key not in OWNED and key not in ("meta", *result):
            result[key] = value
    meta, more = wanted["meta"], there.get("meta")
    if isinstance(meta, Mapping) and isinstance(more, Mapping):
        result["meta"] = {**more, **meta}
    for kind in ("outs", "metrics", "plots"):
        outs, old = result.get(kind), there.get(kind)
        if isinstance(outs, list) and isinstance(old, list):
            result[kind] = [_flags_kept(one, old) for one in outs]
    return result


def _flags_kept(out: object, there: Sequence[object]) -> object:
    """Return an out with the flags that the user gave to the one of the same path."""
    path, flags = path_and_flags(out)
    for other in there:
        same, more = path_and_flags(other)
        if same == path and more:
            return {path: {**more, **flags}}
    return out
