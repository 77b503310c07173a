"""Many rows at once: COPY in PostgreSQL's text format, and arrays of parameters for set-based statements.

About ten times faster than `bulk_create`: no statement to parse, no parameter to bind. Give no rows, and nothing is sent.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from uuid import UUID

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import DateField, Field, JSONField, Model, TimeField
from django.db.models.fields import NOT_PROVIDED
from psycopg import Copy

PIECE, FEW = 256, 12  # lines
Cell = Callable[[object], str]
_SPECIAL = re.compile(r"[\\\t\n\r\b\f\v]")
_ESCAPED = re.compile(r"\\.")
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\b": r"\b", "\f": r"\f", "\v": r"\v"}
_MEANT = {escaped: sign for sign, escaped in _ESCAPES.items()}


def array(values: Iterable[object]) -> str:
    """A PostgreSQL array of numbers or UUIDs as text: cast it in the statement (`%s::bigint[]`)."""
    return "{" + ",".join(map(str, values)) + "}"


def texts(values: Iterable[str | None]) -> str:
    """A PostgreSQL array of texts as text (`%s::text[]`)."""
    return "{" + ",".join("NULL" if value is None else _quoted(value) for value in values) + "}"


def as_json(value: object) -> str:
    """JSON as it is stored, in few bytes."""
    return orjson.dumps(value).decode()


def do_not_wait_for_disk() -> None:
    """Let the present transaction commit at once; a crash of the server may take back the last second of such work."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


@contextmanager
def copying(statement: str) -> Iterator[Copy]:
    """A COPY under way; what the database refuses is raised as Django's own errors, which callers know and retry."""
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def copied(statement: str) -> bytes:
    """All that a COPY to standard output sends."""
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join(map(bytes, copy))


def copy_lines(table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """Append rows that are formatted already: cells between tabs, texts through `cell`. 1 COPY, none for no line; 1 query
    for few, which spares a round trip.

    Lines are sent while they are made, so that the server stores the first while the last are not written yet.
    """
    source = iter(lines)
    few = list(islice(source, FEW + 1))
    if len(few) <= FEW:
        _insert(table, columns, few)
        return
    pieces = iter(lambda: "\n".join(islice(source, PIECE)), "")
    first = "\n".join(few)
    with copying(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for piece in chain([first], pieces):
            copy.write(f"{piece}\n")


def _insert(table: str, columns: Sequence[str], lines: Sequence[str]) -> None:
    """Lines as COPY reads them, by one statement. 1 query, none for no line."""
    if lines:
        row = f"({', '.join(['%s'] * len(columns))})"
        cells = [_read(text) for line in lines for text in line.split("\t")]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * len(lines))}",  # noqa: S608
                cells,
            )


def _read(text: str) -> str | None:
    """What COPY makes of a cell."""
    if "\\" not in text:
        return text
    return None if text == r"\N" else _ESCAPED.sub(lambda found: _MEANT.get(found[0], found[0][1:]), text)


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Append rows of plain values (numbers, texts, UUIDs, times, None, lists of these; dicts as JSON). 1 COPY."""
    copy_lines(table, columns, ("\t".join([_any(value) for value in row]) for row in rows))


def copy_models(objects: Sequence[Model]) -> None:
    """Append new rows of one model, as `bulk_create` does; keys that the database makes are not read back. 1 COPY."""
    if not objects:
        return
    fields = [pair for pair in _fields(type(objects[0])) if not _is_made_there(pair[0], objects[0])]
    copy_lines(objects[0]._meta.db_table, [field.column for field, _ in fields], _lines_of(objects, fields))


def _lines_of(objects: Iterable[Model], fields: Sequence[tuple[Field, Cell]]) -> Iterator[str]:
    """The objects as COPY reads them; fields that fill themselves in are asked, all others are read at once."""
    filling = [(place, field) for place, (field, _) in enumerate(fields) if _fills_itself(field)]
    read, cells = attrgetter(*(field.attname for field, _ in fields)), [as_cell for _, as_cell in fields]
    for thing in objects:
        values = list(read(thing))
        for place, field in filling:
            values[place] = field.pre_save(thing, True)
        yield "\t".join([as_cell(value) for as_cell, value in zip(cells, values, strict=True)])


def _fills_itself(field: Field) -> bool:
    if isinstance(field, DateField | TimeField):
        return field.auto_now or field.auto_now_add
    return type(field).pre_save is not Field.pre_save


def next_ids(model: type[Model], count: int) -> list[int]:
    """Fresh keys of a model for rows that point to each other before they are written. 1 query, none for none."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [model._meta.db_table, model._meta.pk.column, count],
        )
        return [row[0] for row in cursor.fetchall()]


@cache
def _fields(model: type[Model]) -> list[tuple[Field, Cell]]:
    concrete = [field for field in model._meta.concrete_fields if not field.generated]
    return [(field, _cell_of(field)) for field in concrete]


def _is_made_there(field: Field, example: Model) -> bool:
    """Whether the database fills the column: a key not given, or a default of the database."""
    return field.db_default is not NOT_PROVIDED or (field.primary_key and example.pk is None)


def _cell_of(field: Field) -> Cell:
    if isinstance(field, JSONField):
        return lambda value: r"\N" if value is None else cell(as_json(value))
    if isinstance(field, ArrayField):
        return _list
    return _any


def _any(value: object) -> str:
    return _FORMATS.get(type(value), _other)(value)


def _other(value: object) -> str:
    """Enumerations."""
    return cell(str(value))


def cell(value: str) -> str:
    """A text as COPY reads it."""
    if value.isprintable() and "\\" not in value:
        return value
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], value)


def time_cell(value: datetime) -> str:
    """A time in UTC exactly as COPY writes it, so that rows can be held against those that are stored."""
    text = str(value)
    if not text.endswith("+00:00"):
        text = str(value.astimezone(UTC))
    text = text[:-6]
    return f"{text.rstrip('0') if '.' in text else text}+00"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", r"\\").replace('"', r"\"") + '"'


def _list(values: Sequence[object]) -> str:
    if values and isinstance(values[0], str):
        return cell(texts(values))
    return array(values)


_FORMATS: dict[type, Cell] = {
    str: cell,
    int: str,
    float: repr,
    UUID: str,
    bool: lambda value: "t" if value else "f",
    datetime: datetime.isoformat,
    type(None): lambda value: r"\N",
    list: _list,
    tuple: _list,
    dict: lambda value: cell(as_json(value)),
}
