"""Rotation: what is sealed under an earlier key is wrapped by the one in force, in bounded batches under traffic.

What is left to do is told by the rows: each names its key version in its first bytes. So a killed rotation goes on where it
stopped, and what was stored before there was encryption is sealed on the way. No value's content is read for a new wrap.
"""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from . import encryption, keyring
from .encryption import FILE, HEADER, TAG, VALUE, Place
from .registry import Registry

BATCH, PAUSE, PASSES = 500, 0.2, 50


_IS_VALUE = f"length({{0}}) >= {HEADER + TAG} AND get_byte({{0}}, 0) = {VALUE[0]}"
# columns of bytes that hold hashes, signatures and packed numbers; every other one is taken for sealed values
NEVER_SEALED = frozenset(
    {
        "payload_hash", "plan_hash", "digest", "lookup", "previous", "root", "leaves", "event_ids", "signature", "pattern",
        "token_hash", "code_hash", "key",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values, and where they were sealed for: table and column, and the key of the row as SQL."""

    table: str
    column: str
    place_table: str
    place_column: str
    row: str = "id"
    key: str = "id"
    is_known: bool = True  # what of it is not sealed yet, is sealed now; of others only what is sealed is wrapped anew

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


# Columns whose values are sealed for another place than (table, column, key), or were stored before there was encryption.
SEALED: Registry[SealedColumn] = Registry("columns of sealed values")


class NotRotated(Exception):
    """Something is still sealed under an earlier key; the message says what."""


def sealed_column(table: str, column: str, *, place: tuple[str, str] | None = None, row: str = "id") -> None:
    """Declare a column; `place` where its values are those of another table's column, as of a record's older states."""
    SEALED.register(f"{table}.{column}", SealedColumn(table, column, *(place or (table, column)), row))


def columns() -> list[SealedColumn]:
    """Every column that may hold sealed values: those declared, and each other column of bytes of our models."""
    bytes_of = [
        (model._meta, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.BinaryField) and field.column not in NEVER_SEALED and model._meta.pk is not None
    ]
    others = (
        SealedColumn(meta.db_table, column, meta.db_table, column, meta.pk.column, meta.pk.column, is_known=False)
        for meta, column in bytes_of
    )
    return [*SEALED.values(), *(column for column in others if column.name not in SEALED)]


def rotate(*, batch: int = BATCH) -> Iterator[tuple[str, int]]:
    """Wrap everything anew, column by column, then files; tells how many each batch did. Ends when nothing is left.

    Rows that others hold are passed over and come later, so that nobody waits for a rotation; NotRotated after many passes.
    """
    for column in columns():
        for _ in range(PASSES):
            yield from ((column.name, done) for done in _pass(column, batch))
            if not left(column):
                break
            time.sleep(PAUSE)
        else:
            raise NotRotated(
                f"{left(column)} values of {column.name} are still under an earlier key: others hold their rows."
            )
    yield from (("files", 1) for path in sealed_files() if _rewrap_file(path))


def _pass(column: SealedColumn, batch: int) -> Iterator[int]:
    after: object = None
    while True:
        done, after = _rotate_batch(column, after, batch)
        if not done:
            return
        yield done


def in_force() -> bytes:
    """How a value begins that is sealed under the key in force."""
    return VALUE + keyring.ring(keyring.ENCRYPTION).in_force.to_bytes(2)


def left(column: SealedColumn) -> int:
    """How many values of a column are not under the key in force."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {column.table} WHERE {_stale(column)}", [in_force()])  # noqa: S608
        return cursor.fetchone()[0]


def _stale(column: SealedColumn) -> str:
    """Erased ones are empty."""
    condition = f"length({column.column}) > 0 AND substring({column.column} FROM 1 FOR 3) <> %s"
    return condition if column.is_known else f"{condition} AND {_IS_VALUE.format(column.column)}"


@transaction.atomic
def _rotate_batch(column: SealedColumn, after: object, batch: int) -> tuple[int, object]:
    """One transaction: how many were done, and the last key. 2 queries."""
    onward = f"{column.key} > %s AND " if after is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column.key}, {column.column}, {column.row} FROM {column.table} WHERE {onward}{_stale(column)}"  # noqa: S608
            f" ORDER BY {column.key} LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
            [*([] if after is None else [after]), in_force(), batch],
        )
        rows = cursor.fetchall()
        place = partial(Place, column.place_table, column.place_column)
        fresh = [(_renewed(bytes(stored), place(row)), key) for key, stored, row in rows]
        cursor.executemany(f"UPDATE {column.table} SET {column.column} = %s WHERE {column.key} = %s", fresh)  # noqa: S608
    return len(rows), rows[-1][0] if rows else None


def _renewed(stored: bytes, place: Place) -> bytes:
    """The value under the key in force; one from before there was encryption is sealed now."""
    return encryption.rewrap(stored) if encryption.is_sealed(stored) else encryption.encrypt(stored, place=place)


# ---- files ---------------------------------------------------------------------------------------------------------------


def sealed_files() -> Iterator[Path]:
    """Every sealed file below the folder of uploads, packages and attachments."""
    yield from (path for path in sorted(Path(settings.MEDIA_ROOT).rglob("*")) if path.is_file() and _head(path))


def _head(path: Path) -> bytes:
    """The header of a sealed file, nothing of any other."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER)
    except FileNotFoundError:  # its import closed meanwhile
        return b""
    return head if head.startswith(FILE) and len(head) == HEADER and path.suffix == ".sealed" else b""


def _rewrap_file(path: Path) -> bool:
    """Write the file anew beside and put it in its place; the content is copied as it is."""
    head = _head(path)
    if not head or encryption.key_version(head) == keyring.ring(keyring.ENCRYPTION).in_force:
        return False
    fresh = path.with_name(f"{path.name}.rotating")
    try:
        with path.open("rb") as old, fresh.open("wb") as new:
            new.write(encryption.rewrap(old.read(HEADER)))
            while piece := old.read(1 << 20):
                new.write(piece)
            new.flush()
            os.fsync(new.fileno())
        if path.exists():  # its import may have closed meanwhile
            shutil.copystat(path, fresh)  # its age counts, too
            fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def versions_in_use() -> dict[int, int]:
    """Key version → how many values and files are sealed under it; 0 for what is not sealed yet."""
    found: dict[int, int] = {}
    with connection.cursor() as cursor:
        for column in columns():
            cursor.execute(
                f"SELECT CASE WHEN get_byte({column.column}, 0) = %s THEN get_byte({column.column}, 1) * 256"  # noqa: S608
                f" + get_byte({column.column}, 2) ELSE 0 END, count(*) FROM {column.table}"
                f" WHERE length({column.column}) > 0 AND (%s OR {_IS_VALUE.format(column.column)}) GROUP BY 1",
                [VALUE[0], column.is_known],
            )
            for version, count in cursor.fetchall():
                found[version] = found.get(version, 0) + count
    for path in sealed_files():
        version = encryption.key_version(_head(path)) if _head(path) else 0
        found[version] = found.get(version, 0) + 1
    return found
