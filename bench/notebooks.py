"""Notebooks of realistic size, the same ones on every machine.

The shape follows 95 well-known public notebooks: 80 cells each on average, two thirds of them code,
40 MB in all, most of it images and tables in the outputs, a few notebooks far larger than the rest.
"""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from pathlib import Path
from typing import Any

COUNT = 95
TOTAL = 40 * 10**6
CELLS = 80
SEED = 20201117

Json = dict[str, Any]


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


WORDS = words(
    "the model data train split we see that each column row of a in with for distribution mean "
    "feature label error curve plot because first then result table value larger than expected "
    "sample noise $x_i$ **note** `fit` [docs](https://example.org/docs) accuracy loss epoch"
)
NAMES = words("data frame train test scores model prices labels table result sample errors")
COLUMNS = words("age price city income rooms date label score weight height")
CODE = (
    "{a} = pd.read_csv('../data/{c}.csv', parse_dates=['{d}'])\n{a}.head()",
    "{a}['{c}'] = {b}['{d}'].fillna({b}['{d}'].median())  # {w}",
    "fig, ax = plt.subplots(figsize=(10, {n}))\nax.hist({a}['{c}'], bins={n})\n"
    'ax.set_title("{w}")\nplt.show()',
    'def {c}_{d}({a}, *, {b}_too=None):\n    """{w}\n\n    {w}\n    """\n'
    "    for k, value in enumerate({a}):\n        if value > {n}:\n"
    "            yield k, value * 0.{n}\n",
    "from sklearn.linear_model import Ridge\n\n{a} = Ridge(alpha={n}).fit({b}[['{c}', '{d}']], y)\n"
    "print(f'{{{a}.score({b}, y):.3f}}')",
    "{a} = (\n    {b}.query('{c} > {n}')\n    .groupby('{d}')\n    .agg({{'{c}': 'mean'}})\n)\n{a}",
    "class {b}Net(nn.Module):\n    def __init__(self, width={n}):\n        super().__init__()\n"
    "        self.{c} = nn.Linear(width, {n})\n\n    def forward(self, x):\n"
    "        # {w}\n        return F.relu(self.{c}(x))",
    "%matplotlib inline\nimport numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "!ls ../data\n%time {a} = {b}.sort_values('{c}')",
    "%%time\nfor epoch in range({n}):\n    {a} = step({b}, rate=0.{n})\nprint({a})",
    'assert {a}.shape == {b}.shape, "{w}"\n{a}.describe()',
)
# What a converter has to treat in ways of its own. Three of ten notebooks hold some.
ODD_SHARE = 0.3
ODD_CODE = (
    "%%bash\nls -l ../data\nwc -l ../data/*.csv",
    "%%html\n<style>table {float: left}</style>",
    "files = !ls ../data\nfiles[:3]",
    "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
    "?pd.read_csv",
    "%%writefile helper.py\ndef double(x):\n    return 2 * x",
    "!pip install --quiet \\\n    pandas",
)
ODD_TEXT = (
    "Install it first:\n\n```bash\npip install pandas\n```",
    "## Usage\n\n```python\nmodel.fit(x, y)\n```\n\nthen go on.",
    "1. Load it\n\n   ```\n   data.csv\n   ```",
)


def png(rng: random.Random, size: int) -> str:
    """Return a grey picture of noise, about ``size`` bytes, as base64."""
    width = 320
    rows = b"".join(b"\0" + rng.randbytes(width) for _ in range(max(1, size // (width + 1))))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, len(rows) // (width + 1), 8, 0, 0, 0, 0)
    # Level 0 stores: other levels give other bytes in other versions of zlib.
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()


def lines(text: str) -> list[str]:
    """Return the lines as a notebook's file keeps them."""
    return text.splitlines(keepends=True)


def prose(rng: random.Random, low: int, high: int) -> str:
    """Return a sentence of ``low`` to ``high`` words."""
    return " ".join(rng.choices(WORDS, k=rng.randint(low, high))).capitalize() + "."


def html_table(rng: random.Random, rows: int) -> str:
    """Return a table as pandas shows it."""
    names = rng.sample(COLUMNS, 6)
    head = "".join(f"      <th>{name}</th>\n" for name in names)
    body = "".join(
        f"    <tr>\n      <th>{k}</th>\n"
        + "".join(f"      <td>{rng.uniform(0, 1000):.6f}</td>\n" for _ in names)
        + "    </tr>\n"
        for k in range(rows)
    )
    return f'<div>\n<table border="1" class="dataframe">\n{head}{body}</table>\n</div>'


def output(rng: random.Random, count: int, size: int) -> Json:
    """Return one output: a picture of ``size`` bytes, a table, printed text, or a value."""
    kind = rng.choices(("png", "html", "stream", "text"), (5, 4, 6, 4))[0]
    if kind == "stream":
        text = "".join(f"epoch {k}: loss {rng.random():.6f}\n" for k in range(rng.randint(1, 40)))
        return {"name": "stdout", "output_type": "stream", "text": lines(text)}
    data: Json = {"text/plain": [f"{rng.uniform(0, 100):.12f}"]}
    if kind == "png":
        data = {
            "image/png": png(rng, size),
            "text/plain": [f"<Figure size 720x{count} with 1 Axes>"],
        }
        return {"data": data, "metadata": {}, "output_type": "display_data"}
    if kind == "html":
        data = {"text/html": lines(html_table(rng, rng.choice((5, 5, 10, 30)))), **data}
    return {"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"}


def markdown_cell(rng: random.Random) -> Json:
    """Return a heading, paragraphs, or a list."""
    paragraphs = "\n\n".join(prose(rng, 8, 60) for _ in range(rng.randint(1, 3)))
    items = "\n".join(f"- {prose(rng, 3, 12)}" for _ in range(rng.randint(2, 6)))
    text = rng.choice((f"## {prose(rng, 2, 6)}", paragraphs, f"{paragraphs}\n\n{items}"))
    return {"cell_type": "markdown", "metadata": {}, "source": lines(text)}


def code_cell(rng: random.Random, count: int, size: int) -> Json:
    """Return a code cell that was run; two of five show something."""
    source = "\n\n".join(
        template.format(
            a=rng.choice(NAMES),
            b=rng.choice(NAMES),
            c=rng.choice(COLUMNS),
            d=rng.choice(COLUMNS),
            n=rng.randint(2, 64),
            w=prose(rng, 4, 10),
        ).rstrip("\n")
        for template in rng.sample(CODE[:7], rng.randint(1, 2))
    )
    if rng.random() < 0.1:
        source = rng.choice(CODE[7:]).format(a="table", b="data", c="age", d="city", n=7, w="Why")
    return {
        "cell_type": "code",
        "execution_count": count,
        "metadata": {"tags": ["no-effect"]} if rng.random() < 0.1 else {},
        "outputs": [output(rng, count, size)] if rng.random() < 0.4 else [],
        "source": lines(source),
    }


def odd_cell(rng: random.Random) -> Json:
    """Return a cell with a magic, a command, or a block of code in its text."""
    if rng.random() < 0.5:
        return {"cell_type": "markdown", "metadata": {}, "source": lines(rng.choice(ODD_TEXT))}
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": lines(rng.choice(ODD_CODE)),
    }


def notebook(rng: random.Random, cells: int, size: int) -> str:
    """Return a notebook's file with this many cells, and pictures of about ``size`` bytes."""
    made: list[Json] = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# " + prose(rng, 3, 6)]}
    ]
    for count in range(1, cells):
        code = rng.random() < 0.66
        made.append(code_cell(rng, count, size) if code else markdown_cell(rng))
    if cells > 4 and rng.random() < ODD_SHARE:
        for _ in range(rng.randint(1, 3)):
            made.insert(rng.randint(1, len(made)), odd_cell(rng))
    # ids are of nbformat 4.5; about half of the notebooks that people have are older.
    minor = rng.choice((4, 5))
    if minor == 5:
        made = [dict(sorted({**cell, "id": f"{rng.getrandbits(32):08x}"}.items())) for cell in made]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    language = {"file_extension": ".py", "name": "python", "version": "3.11.7"}
    whole = {
        "cells": made,
        "metadata": {"kernelspec": kernel, "language_info": language},
        "nbformat": 4,
        "nbformat_minor": minor,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def write_corpus(folder: Path, count: int = COUNT, total: int = TOTAL) -> int:
    """Write ``count`` notebooks of ``total`` bytes or a little more; return the bytes written."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    sizes = [rng.lognormvariate(0, 0.8) for _ in range(count)]
    written = 0
    for k, size in enumerate(sizes):
        wanted = total * size / sum(sizes)
        cells = max(8, min(4 * CELLS, round(CELLS * (size * count / sum(sizes)) ** 0.6)))
        plain = len(notebook(random.Random(SEED + k), cells, 0))
        with_pictures = len(notebook(random.Random(SEED + k), cells, 30_000))
        # Bytes grow straight with the pictures' size, so two tries tell which size is wanted.
        slope = max(1.0, (with_pictures - plain) / 30_000)
        text = notebook(random.Random(SEED + k), cells, max(0, round((wanted - plain) / slope)))
        (folder / f"notebook_{k:03}.ipynb").write_text(text, encoding="utf-8", newline="\n")
        written += len(text.encode())
    return written


def write_small(folder: Path, count: int) -> None:
    """Write ``count`` notebooks of a few cells, a hundred to a folder."""
    rng = random.Random(SEED)
    for k in range(count):
        place = folder / f"project_{k // 100:03}"
        place.mkdir(parents=True, exist_ok=True)
        text = notebook(rng, 4, 600)
        (place / f"notebook_{k:05}.ipynb").write_text(text, encoding="utf-8", newline="\n")
