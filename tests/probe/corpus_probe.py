"""What the probe cell calls: it writes how a notebook, or its step, left the world.

Runs in kernels and in steps alike, with only what is loaded there anyway.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import random
import sys
import types

_OURS = ("__main__", "beside", "toplevel", "shelf")


def record(names: dict[str, object]) -> None:
    """Write the named values, and the state that no name shows, to the file $CORPUS_STATE."""
    state = {"hidden": _hidden(), "names": {name: describe(value) for name, value in names.items()}}
    with open(os.environ["CORPUS_STATE"], "w", encoding="utf-8") as file:
        json.dump(state, file, indent=1, sort_keys=True)


def describe(value: object, seen: tuple[int, ...] = ()) -> object:
    """Return ``value`` as JSON data without addresses.

    Keys that start with "exact" hold what may differ between versions of libraries.
    """
    if value is None or (
        isinstance(value, (bool, int, float, str)) and type(value).__module__ == "builtins"
    ):
        return value
    if id(value) in seen or len(seen) > 12:
        return {"again": _kind(value)}
    seen = (*seen, id(value))
    for wanted, how in _BY_TYPE:
        if isinstance(value, wanted):
            return how(value, seen)
    for module, name, how in _BY_LIBRARY:
        wanted = getattr(sys.modules.get(module), name, None)
        if wanted is not None and isinstance(value, wanted):
            return how(value, seen)
    return _instance(value, seen)


def _hidden() -> dict[str, object]:
    numpy, pyplot = sys.modules.get("numpy"), sys.modules.get("matplotlib.pyplot")
    root = os.environ["CORPUS_ROOT"]
    seeded = os.environ["CORPUS_SEEDED"].split(
        ","
    )  # who did not seed draws what no one can compare
    draws = _digest(repr(random.getstate()).encode()) if "random.seed(" in seeded else None
    numbers = None
    if numpy and "np.random.seed(" in seeded:
        numbers = _digest(repr(numpy.random.get_state()).encode())
    return {
        "exact random": draws,
        "exact numpy.random": numbers,
        "figures": pyplot.get_fignums() if pyplot else [],
        "folder": os.path.relpath(os.path.realpath("."), os.path.realpath(root)),
        "environ": {key: one for key, one in os.environ.items() if key.startswith("DEMO_")},
        "recursion limit differs": sys.getrecursionlimit() < 1000,
    }


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _kind(value: object) -> str:
    name = type(value).__name__
    # What a kernel gives for `x = !cmd`: a step may use a plain list where none of its extras are.
    return "list" if name == "SList" else name


def _items(value, seen):
    return {_kind(value): [describe(one, seen) for one in value]}


def _set(value, seen):
    return {_kind(value): sorted(json.dumps(describe(one, seen), sort_keys=True) for one in value)}


def _dict(value, seen):
    pairs = [[describe(key, seen), describe(one, seen)] for key, one in value.items()]
    return {_kind(value): pairs}


def _function(value, seen):
    defaults = [value.__defaults__, value.__kwdefaults__]
    return {
        "function": value.__name__,
        "module": value.__module__,
        "doc": value.__doc__,
        "defaults": [describe(one, seen) for one in defaults],
        "annotations": sorted(value.__annotations__),
    }


def _class(value, seen):
    public = sorted(name for name in vars(value) if not name.startswith("_"))
    plain = {name: vars(value)[name] for name in public if not callable(vars(value)[name])}
    return {
        "class": value.__name__,
        "module": value.__module__.split(".")[0],
        "members": public,
        "bases": [one.__name__ for one in value.__mro__],
        "plain": describe(
            {k: v for k, v in plain.items() if isinstance(v, (int, str, float))}, seen
        ),
    }


def _array(value, seen):
    about = {"array": list(value.shape), "exact dtype": str(value.dtype)}
    if value.dtype.hasobject:
        return {**about, "values": describe(value.tolist(), seen)}
    if value.size <= 200:
        return {**about, "values": describe(value.tolist(), seen)}
    return {**about, "exact values": _digest(value.tobytes())}


def _frame(value, seen):
    lines = value.to_csv().splitlines()
    return {
        _kind(value): lines if len(lines) < 200 else len(lines),
        "exact": _digest("\n".join(lines).encode()),
        "exact types": str(getattr(value, "dtypes", "")),
    }


def _figure(value, seen):
    return {"figure": [float(one) for one in value.get_size_inches()], "axes": len(value.axes)}


def _estimator(value, seen):
    about = {"exact parameters": describe(value.get_params(), seen)}
    return {"estimator": _kind(value), **about, "exact state": _instance(value, seen)}


def _instance(value, seen):
    state = getattr(value, "__dict__", None)
    if isinstance(state, dict):
        told = describe(dict(sorted(state.items())), seen)
    else:
        told = _plain_text(value)
    if type(value).__module__.split(".")[0] in _OURS:
        return {"object": _kind(value), "state": told}
    return {"object": "of a library", "exact kind": _kind(value), "exact state": told}


def _plain_text(value):
    text = repr(value)
    return None if " at 0x" in text else text


_BY_TYPE = (
    ((bytes, bytearray), lambda value, seen: {_kind(value): value.hex()}),
    (enum.Enum, lambda value, seen: {_kind(value): [value.name, describe(value.value, seen)]}),
    (complex, lambda value, seen: {"complex": [value.real, value.imag]}),
    ((list, tuple), _items),
    ((set, frozenset), _set),
    (dict, _dict),
    (type, _class),
    (types.FunctionType, _function),
    (types.ModuleType, lambda value, seen: {"module": value.__name__}),
    (types.GeneratorType, lambda value, seen: {"generator": value.__name__}),
    (types.BuiltinFunctionType, lambda value, seen: {"builtin": value.__name__}),
)
_BY_LIBRARY = (
    ("numpy", "ndarray", _array),
    ("numpy", "generic", lambda value, seen: {"number": value.item(), "exact": _kind(value)}),
    ("pandas", "DataFrame", _frame),
    ("pandas", "Series", _frame),
    ("matplotlib.figure", "Figure", _figure),
    ("matplotlib.artist", "Artist", lambda value, seen: {"artist": _kind(value)}),
    ("sklearn.base", "BaseEstimator", _estimator),
)
