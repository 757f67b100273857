"""How two tables differ: CSV by the standard library, Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from mlv_hooks.verify.compare import Unreadable, versus

Names = tuple[str, str]


def csv_texts(one: bytes, other: bytes, delimiter: str, names: Names) -> list[str]:
    """Compare two CSV texts by column; the first row names the columns."""
    tables = [_rows(data, delimiter) for data in (one, other)]
    headers = [rows[0] if rows else [] for rows in tables]
    if any(len(set(header)) != len(header) for header in headers):
        raise Unreadable
    columns = [_columns(header, rows[1:]) for header, rows in zip(headers, tables, strict=True)]
    return _tables(columns[0], columns[1], names)


def _rows(data: bytes, delimiter: str) -> list[list[str]]:
    try:
        return list(
            csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter)
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"no CSV in UTF-8: {error}") from None


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    if any(len(row) > len(header) for row in rows):
        raise Unreadable
    return {
        name: [row[position] if position < len(row) else "" for row in rows]
        for position, name in enumerate(header)
    }


def parquets(one: bytes, other: bytes, names: Names) -> list[str]:
    """Compare two Parquet files by type and values of each column."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise Unreadable("install pyarrow to see the columns that differ") from None
    try:
        tables = [parquet.read_table(io.BytesIO(data)) for data in (one, other)]
    except pyarrow.ArrowException as error:
        raise Unreadable(f"no Parquet: {error}") from None
    types = [{field.name: str(field.type) for field in table.schema} for table in tables]
    found = [
        f"column {name}: type {versus(types[0][name], types[1][name], names)}"
        for name in types[0]
        if types[1].get(name, types[0][name]) != types[0][name]
    ]
    columns = [
        {name: table.column(name).to_pylist() for name in table.column_names} for table in tables
    ]
    return found + _tables(columns[0], columns[1], names)


def _tables(
    one: Mapping[str, Sequence[Any]], other: Mapping[str, Sequence[Any]], names: Names
) -> list[str]:
    found = []
    for mine, theirs, name in ((one, other, names[1]), (other, one, names[0])):
        missing = [column for column in mine if column not in theirs]
        found += [f"column {column}: not in the {name}'s" for column in missing]
    if not found and list(one) != list(other):
        found.append(f"columns in another order: {versus(list(one), list(other), names)}")
    lengths = [max(map(len, table.values()), default=0) for table in (one, other)]
    if lengths[0] != lengths[1]:
        found.append(f"rows: {versus(lengths[0], lengths[1], names)}")
    for column in one:
        if column in other:
            found += _column(column, one[column], other[column], names)
    return found


def _column(name: str, one: Sequence[Any], other: Sequence[Any], names: Names) -> list[str]:
    """Compare as far as both go; NaN is NaN."""
    pairs = list(zip(one, other, strict=False))
    rows = [row for row, (a, b) in enumerate(pairs) if a != b and (a == a or b == b)]
    if not rows:
        return []
    first = rows[0]
    told = versus(pairs[first][0], pairs[first][1], names)
    of = f"{len(rows)} of {len(pairs)} rows differ"
    return [f"column {name}: {of}, first row {first + 1}: {told}"]
