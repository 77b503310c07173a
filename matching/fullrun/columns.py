"""All records as the engine reads them, as Arrow columns: read once, kept in pieces, so that every part sees the same."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
from django.db import connection

from matching import rekeying
from matching.engine.types import Flags, Ints
from matching.models import FullRun, FullRunPiece
from matching.reading import read_records
from profiles.encryption import Place, decrypt, encrypt
from profiles.models import Correction

PIECE = 8 << 20  # bytes
TEXT = pa.string()
OWN = {"record_id": pa.int64(), "source": TEXT, "party_kind": TEXT, "received": pa.int8(), "profile": TEXT}
# attributes end with a new line, so that those of all records lie behind each other as JSON Lines
READ = """
COPY (
    SELECT r.id, s.key, r.party_kind, (r.state = 'received')::int, coalesce(m.profile_id::text, ''),
           r.attributes::text || E'\\n'
    FROM profiles_sourcerecord r JOIN profiles_source s ON s.id = r.source_id
    LEFT JOIN profiles_membership m ON m.record_id = r.id
    WHERE r.state IN ('received', 'resolved') ORDER BY r.id
) TO STDOUT (FORMAT csv)
"""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a run: what the engine compares by field, and what is known of each record."""

    table: pa.Table

    def __len__(self) -> int:
        return len(self.table)

    @property
    def record_id(self) -> Ints:
        found: Ints = self.table["record_id"].to_numpy()
        return found

    @property
    def received(self) -> Flags:
        """Records that wait to be resolved."""
        found: Flags = self.table["received"].to_numpy() == 1
        return found

    def fields(self) -> dict[str, Any]:
        """What the engine encodes, by field."""
        own = {"record_id", "received", "profile"}
        return {name: self.table[name] for name in self.table.column_names if name not in own}

    def profiles(self) -> tuple[Ints, list[str]]:
        """Per record the number of its customer, or -1, and the ids of the customers by number."""
        column = self.table["profile"].combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = column.chunk(0) if column.num_chunks else pa.array([], TEXT).dictionary_encode()
        codes = column.indices.to_numpy().astype(np.int64)
        ids = column.dictionary.to_pylist()
        number = np.cumsum([name != "" for name in ids]) - 1
        number = (
            np.where(np.array([name != "" for name in ids], np.bool_), number, -1) if ids else np.zeros(0, np.int64)
        )
        return number[codes].astype(np.int64), [name for name in ids if name]


def read_all() -> Columns:
    """Every live record with corrections applied, in order of id. 4 queries and 1 COPY."""
    content = _copied()
    names = [*OWN, "attributes"]
    parsed = pa.csv.read_csv(
        pa.BufferReader(content),
        read_options=pa.csv.ReadOptions(column_names=names, block_size=16 << 20),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types={**OWN, "attributes": pa.large_string()}, strings_can_be_null=False
        ),
    )
    attributes = _corrected(parsed)
    fields = _attributes(attributes, sorted(rekeying.matched_fields()))
    own = {name: parsed[name] for name in OWN}
    own |= {name: _encoded(parsed[name]) for name in ("source", "party_kind", "profile")}
    return Columns(pa.table({**own, **fields}))


def _copied() -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(READ) as copy:
        for piece in copy:
            sink.write(piece)
    return sink.getvalue()


def _corrected(parsed: pa.Table) -> pa.ChunkedArray:
    """The attributes as JSON, those of corrected records with the corrections applied."""
    ids = list(Correction.objects.filter(released_at__isnull=True).values_list("record_id", flat=True).distinct())
    if not ids:
        return parsed["attributes"]
    mended = {row.record_id: json.dumps(dict(row.input.attributes)) + "\n" for row in read_records(ids)}
    wanted = pc.is_in(parsed["record_id"], pa.array(mended, pa.int64()))
    order = [mended[pk] for pk in pc.filter(parsed["record_id"], wanted).to_pylist()]
    return pc.replace_with_mask(
        parsed["attributes"].combine_chunks(), wanted.combine_chunks(), pa.array(order, pa.large_string())
    )


def _attributes(texts: Any, names: Collection[str]) -> dict[str, Any]:
    """A list of values per record and field, each value once in a dictionary."""
    schema = pa.schema([(name, pa.list_(TEXT)) for name in names])
    lines = pa.concat_arrays(texts.chunks) if isinstance(texts, pa.ChunkedArray) else texts
    if not len(lines):
        return {name: pa.array([], pa.list_(pa.dictionary(pa.int32(), TEXT))) for name in names}
    parsed = pa.json.read_json(
        pa.BufferReader(lines.buffers()[2]),
        read_options=pa.json.ReadOptions(block_size=16 << 20),
        parse_options=pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )
    return {name: _lists(parsed[name]) for name in names}


def _lists(column: pa.ChunkedArray) -> pa.Array:
    whole = pa.concat_arrays(column.chunks)
    counts = pc.fill_null(pc.list_value_length(whole), 0).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), whole.flatten().dictionary_encode())


def _encoded(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.dictionary_encode().unify_dictionaries().chunks)


def keep(run: FullRun, columns: Columns) -> None:
    """Store the columns with their run, in pieces, instead of any kept before."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, columns.table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(columns.table.combine_chunks())
    content = memoryview(sink.getvalue())
    FullRunPiece.objects.filter(run=run).delete()
    for number, start in enumerate(range(0, len(content), PIECE)):
        sealed = encrypt(bytes(content[start : start + PIECE]), place=_place(run, number))
        FullRunPiece.objects.create(run=run, number=number, content=sealed)


def _place(run: FullRun, number: int) -> Place:
    return Place("matching_fullrunpiece", "content", f"{run.pk}:{number}")


def kept(run: FullRun) -> Columns:
    """The columns as they were stored. 1 query per piece."""
    content = b"".join(_pieces(run))
    with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
        return Columns(reader.read_all())


def _pieces(run: FullRun) -> Iterator[bytes]:
    numbers = list(FullRunPiece.objects.filter(run=run).values_list("number", flat=True))
    for number in numbers:
        yield decrypt(FullRunPiece.objects.get(run=run, number=number).content, place=_place(run, number))
