"""Edits that change no work leave the step's bytes alone."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from step_support import result_of

CELLS = (
    "import json\nimport numpy as np",
    "def scale(values, by=2):\n    return [one * by for one in values]",
    "table = {'a': [1, 2], 'b': [3]}\nfor name in table:\n    table[name] = scale(table[name])",
    "total = sum(table['a'])\nprint('total', total, f'{total:>5}')",
    "with open('out.json', 'w') as file:\n    json.dump(table, file)",
)
EDITS = (
    lambda text: "# a comment\n" + text,
    lambda text: text + "\n\n# another",
    lambda text: text.replace("'", '"'),
    lambda text: text.replace("\n", "\n\n"),
    lambda text: text.replace(", ", ",   "),
    lambda text: text.replace("= ", "=    "),
    lambda text: text.replace("[1, 2]", "[\n    1,\n    2,\n]"),
    lambda text: text.replace("sum(table['a'])", "(sum((table['a'])))"),
    lambda text: text + "\n1 + 1",
    lambda text: text + "\n'a remark'",
    lambda text: text.replace("    ", "  "),
    lambda text: text + "\n%matplotlib inline",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, len(CELLS) - 1), st.sampled_from(EDITS)), max_size=6),
    st.lists(st.sampled_from(["print(1)", "x = table", "# nothing"]), max_size=2),
)
def test_comments_layout_and_cells_without_effect_change_no_byte(edits, looks) -> None:
    cells = list(CELLS)
    for place, edit in edits:
        cells[place] = edit(cells[place])
    wanted = result_of(*CELLS).text

    result = result_of(*cells, *looks, dropped=tuple(range(6, 6 + len(looks))))

    assert wanted is not None
    assert result.text == wanted, result.problems
