"""Columns out of the database in stretches: a row of the COPY holds the values of thousands of rows, so that neither side
handles them one by one.

Each column of a stretch is the concatenation of its values as PostgreSQL sends them: numbers big-endian, texts joined.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

STRETCH = 20_000  # ids
SENT = {"i8": "int8send", "i4": "int4send", "i2": "int2send", "f4": "float4send"}
COPY = """
COPY (
    SELECT found.* FROM generate_series({first}::bigint, {last}::bigint, {stretch}) AS s(low),
    LATERAL (SELECT {columns} FROM ({rows}) AS q) AS found
) TO STDOUT (FORMAT BINARY)
"""


def stretches(columns: Sequence[str], rows: str, bounds: tuple[int, int]) -> Iterator[tuple[bytes, ...]]:
    """Aggregates over each stretch of ids, without those of no row. 1 COPY.

    `rows` selects what has its id in {inside}, which is filled in; it says itself in what order.
    """
    first, last = bounds
    statement = COPY.format(
        first=first, last=last, stretch=STRETCH, columns=", ".join(columns),
        rows=rows.format(inside=f"BETWEEN s.low AND least(s.low + {STRETCH - 1}, {last})"),
    )  # fmt: skip
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(["bytea"] * len(columns))
        yield from (row for row in copy.rows() if row[0])


def sent(column: str, kind: str) -> str:
    """The aggregate that sends a column of numbers of a numpy kind, or of bytes of one length (`u1`)."""
    value = f"{SENT[kind]}({column})" if kind in SENT else column
    return f"string_agg({value}, ''::bytea)"


def numbers(content: bytes, kind: str) -> NDArray[Any]:
    """What such an aggregate holds, in the machine's own byte order."""
    return np.frombuffer(content, np.dtype(kind).newbyteorder(">")).astype(kind)


def read_numbers(kinds: Mapping[str, str], rows: str, bounds: tuple[int, int]) -> dict[str, NDArray[Any]]:
    """Whole columns of numbers, each of a numpy kind; a column of several bytes a row stays flat. 1 COPY."""
    columns = [sent(column, kind) for column, kind in kinds.items()]
    found = list(zip(*stretches(columns, rows, bounds), strict=True)) or [() for _ in kinds]
    return {
        name: numbers(b"".join(pieces), kind)
        for (name, kind), pieces in zip(kinds.items(), found, strict=True)
    }  # fmt: skip


def bounds_of(table: str, column: str, where: str = "true") -> tuple[int, int]:
    """The lowest and the highest id. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(min({column}), 1), coalesce(max({column}), 0) FROM {table} WHERE {where}")  # noqa: S608
        low, high = cursor.fetchone()
        return int(low), int(high)
