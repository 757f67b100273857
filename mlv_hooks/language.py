"""The language of a notebook's code, by what its metadata says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# How the names of other kernels start; most go on with a version or a dash.
_KERNELS = {
    **{"bash": "bash", "clojure": "clojure", "csharp": "csharp", "deno": "typescript"},
    **{"fsharp": "fsharp", "gonb": "go", "gophernotes": "go", "ihaskell": "haskell", "ir": "R"},
    **{"java": "java", "javascript": "javascript", "jslab": "javascript", "julia": "julia"},
    **{"matlab": "matlab", "maxima": "maxima", "ocaml": "ocaml", "octave": "matlab"},
    **{"powershell": "powershell", "rust": "rust", "sagemath": "sage", "sas": "sas"},
    **{"scala": "scala", "sos": "sos", "spylon": "scala", "stata": "stata", "tslab": "typescript"},
    **{"xcpp": "c++", "xlua": "lua", "xr": "R"},
}
_WORD = re.compile(r"\.?(?:net-)?([a-z]*)", re.ASCII)


def language(metadata: Mapping[str, Any]) -> str:
    """Return the name of the language that a notebook with this metadata is in.

    A notebook that names none, as Colab and nbstripout may leave it, is in that of its kernel:
    in Python where the kernel's name tells no other.
    """
    kernel = metadata.get("kernelspec", {})
    named = (
        metadata.get("language_info", {}).get("name")
        or kernel.get("language")
        or metadata.get("jupytext", {}).get("main_language")
    )
    if named:
        return str(named)
    name = str(kernel.get("name", "")).lower()
    # nb_conda_kernels puts the language last.
    if name.startswith("conda-") and name.endswith("-r"):
        return "R"
    word = _WORD.match(name)
    return _KERNELS.get(word[1] if word else "", "python")


def is_python(metadata: Mapping[str, Any]) -> bool:
    """Say whether a notebook with this metadata is in Python."""
    return language(metadata).lower().startswith(("python", "ipython"))
