"""Rows of numbers as PostgreSQL's binary COPY, out and in, without a Python object per row.

A row is a count of fields, then each field with its length before it; all numbers are big-endian. Only columns that are
never null and always of one width can be read back this way.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def packed(columns: Mapping[str, NDArray[Any]]) -> bytes:
    """Columns of one length as rows; a column of bytes may have several per row."""
    first = next(iter(columns.values()))
    rows = np.zeros(len(first), _row([(name, _kind(column)) for name, column in columns.items()]))
    rows["fields"] = len(columns)
    for name, column in columns.items():
        rows[name] = column
        rows[f"size of {name}"] = rows.dtype[name].itemsize
    return HEADER + rows.tobytes() + TRAILER


def unpacked(content: bytes, columns: Sequence[tuple[str, str]]) -> dict[str, NDArray[Any]]:
    """The columns of rows, each of a numpy kind such as `i8` or `3u1`, in the machine's own byte order."""
    dtype = _row([(name, np.dtype(kind).newbyteorder(">")) for name, kind in columns])
    rows = np.frombuffer(
        content, dtype, count=(len(content) - len(HEADER) - len(TRAILER)) // dtype.itemsize, offset=len(HEADER)
    )
    return {name: rows[name].astype(np.dtype(kind).base) for name, kind in columns}


def _row(columns: Sequence[tuple[str, np.dtype[Any]]]) -> np.dtype[Any]:
    sized = [item for name, kind in columns for item in ((f"size of {name}", np.dtype(">i4")), (name, kind))]
    return np.dtype([("fields", np.dtype(">i2")), *sized])


def _kind(column: NDArray[Any]) -> np.dtype[Any]:
    kind = column.dtype.newbyteorder(">")
    return kind if column.ndim == 1 else np.dtype((kind, column.shape[1:]))
