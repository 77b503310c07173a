"""All records as the engine reads them, as Arrow columns: read once, kept in pieces, so that every part sees the same."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from matching import rekeying
from matching.engine.types import Flags, Ints
from matching.models import FullRun, FullRunPiece
from matching.reading import read_records
from matching.stretches import bounds_of, numbers, sent, stretches
from profiles import schema, sensitive
from profiles.bulk import as_json
from profiles.encryption import Place, decrypt, encrypt
from profiles.models import Correction, Source, SourceRecord

PIECE = 8 << 20  # bytes
PIECES = 4_000  # of one part at most
TEXT = pa.string()
OWN = ("record_id", "source", "party_kind", "received", "profile")
READ = (
    sent("id", "i8"),
    sent("source_id", "i8"),
    "string_agg(party_kind, ',')",
    sent("received", "i2"),
    "string_agg(profile, ',')",
    "string_agg(attributes, E'\\n')",
    sent("sealed_length", "i4"),
    "string_agg(sealed, ''::bytea)",
)
RECORDS = """
SELECT r.id, r.source_id, r.party_kind, (r.state = 'received')::int::smallint AS received,
       coalesce(m.profile_id::text, '') AS profile, r.attributes::text AS attributes,
       coalesce(length(r.sealed), 0) AS sealed_length, r.sealed
FROM profiles_sourcerecord r LEFT JOIN profiles_membership m ON m.record_id = r.id AND m.record_id {inside}
WHERE r.id {inside} AND r.state IN ('received', 'resolved') ORDER BY r.id
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


def read(number: int = 0, of: int = 1) -> Columns:
    """A part of the live records with corrections applied, in order of id: a range of ids. 7 queries and 1 COPY.

    What a stretch of records says is parsed while the server puts the next one together.
    """
    keys = dict(Source.objects.values_list("id", "key"))
    names, mended = sorted(rekeying.matched_fields()), _mended()
    bounds = _share(bounds_of(SourceRecord._meta.db_table, "id"), number, of)
    hidden = set(names) - sensitive.clear_fields(schema.published())
    found = [_parsed(row, names, hidden, keys, mended) for row in stretches(READ, RECORDS, bounds)]
    whole = pa.concat_tables(found or [_none(names)])
    own = {name: whole[name] for name in OWN}
    own |= {name: _encoded(whole[name]) for name in ("source", "party_kind", "profile")}
    return Columns(pa.table({**own, **{name: _lists(whole[name]) for name in names}}))


def _share(bounds: tuple[int, int], number: int, of: int) -> tuple[int, int]:
    """One of so many parts of a range of ids."""
    first, last = bounds
    low, high = (first + (last + 1 - first) * place // of for place in (number, number + 1))
    return low, high - 1


def _parsed(
    row: Sequence[bytes],
    names: Sequence[str],
    hidden: Collection[str],
    keys: Mapping[int, str],
    mended: Mapping[int, bytes],
) -> pa.Table:
    """A stretch of records: what is known of each, and a list of values for each field."""
    ids, sources, kinds, received, profiles, attributes, lengths, sealed = row
    record_id = numbers(ids, "i8")
    own = {
        "record_id": pa.array(record_id),
        "source": _named(numbers(sources, "i8"), keys),
        "party_kind": pa.array(kinds.decode().split(",")),
        "received": pa.array(numbers(received, "i2").astype(np.int8)),
        "profile": pa.array(profiles.decode().split(",")),
    }
    lines = _opened(attributes, record_id, numbers(lengths, "i4"), sealed if hidden else b"", hidden)
    fields = _attributes(_corrected(lines, record_id, mended), names)
    return pa.table({**own, **{name: fields[name] for name in names}})


def _none(names: Sequence[str]) -> pa.Table:
    """The columns of no records."""
    own = {"record_id": pa.int64(), "source": TEXT, "party_kind": TEXT, "received": pa.int8(), "profile": TEXT}
    return pa.schema([*own.items(), *((name, pa.list_(TEXT)) for name in names)]).empty_table()


def _named(sources: Ints, keys: Mapping[int, str]) -> pa.Array:
    """The keys of sources."""
    ids, place = np.unique(sources, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(place, pa.int32()), [keys[pk] for pk in ids.tolist()]).cast(TEXT)


def _mended() -> dict[int, bytes]:
    """Corrected records: their attributes with the corrections applied, as a line of JSON. 3 queries, 1 for none."""
    ids = list(Correction.objects.filter(released_at__isnull=True).values_list("record_id", flat=True).distinct())
    return {row.record_id: as_json(dict(row.input.attributes)).encode() for row in read_records(ids)} if ids else {}


def _opened(lines: bytes, record_id: Ints, lengths: Ints, sealed: bytes, hidden: Collection[str]) -> bytes:
    """The lines with those of the sealed attributes that the engine compares, such as a national id."""
    if not sealed:
        return lines
    listed, ends = lines.split(b"\n"), np.cumsum(lengths)
    for place in np.flatnonzero(lengths).tolist():
        pk, end = int(record_id[place]), int(ends[place])
        held = sensitive.opened({}, sealed[end - int(lengths[place]) : end], sensitive.place_of_record(pk))
        if more := {field: values for field, values in held.items() if field in hidden}:
            text, line = as_json(more).encode(), listed[place]
            listed[place] = text if line == b"{}" else text[:-1] + b"," + line[1:]
    return b"\n".join(listed)


def _corrected(lines: bytes, record_id: Ints, mended: Mapping[int, bytes]) -> bytes:
    """A line of JSON per record, those of corrected records exchanged."""
    places = [place for place, pk in enumerate(record_id.tolist()) if pk in mended] if mended else []
    if not places:
        return lines
    listed = lines.split(b"\n")
    for place in places:
        listed[place] = mended[int(record_id[place])]
    return b"\n".join(listed)


def _attributes(lines: bytes, names: Sequence[str]) -> pa.Table:
    """A list of values per record and field."""
    return pa.json.read_json(
        pa.BufferReader(lines),
        read_options=pa.json.ReadOptions(block_size=max(len(lines), 1)),
        parse_options=pa.json.ParseOptions(
            explicit_schema=pa.schema([(name, pa.list_(TEXT)) for name in names]), unexpected_field_behavior="ignore"
        ),
    )


def _lists(column: pa.ChunkedArray) -> pa.Array:
    """Lists whose values lie in one dictionary."""
    counts = [pc.fill_null(pc.list_value_length(chunk), 0).to_numpy() for chunk in column.chunks]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int32)
    values = pa.chunked_array([chunk.flatten() for chunk in column.chunks])
    return pa.ListArray.from_arrays(pa.array(offsets), _encoded(values))


def _encoded(column: pa.ChunkedArray) -> pa.Array:
    """One array with one dictionary, of texts or of arrays that have one each."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    chunks = column.unify_dictionaries().chunks
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.dictionary(pa.int32(), TEXT))


def keep(run: FullRun, columns: Columns, part: int = 0) -> None:
    """Store the columns of a part with their run, in pieces, instead of any kept before."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, columns.table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(columns.table.combine_chunks())
    content = memoryview(sink.getvalue())
    first = part * PIECES
    FullRunPiece.objects.filter(run=run, number__range=(first, first + PIECES - 1)).delete()
    for number, start in enumerate(range(0, len(content), PIECE), first):
        sealed = encrypt(bytes(content[start : start + PIECE]), place=_place(run, number))
        FullRunPiece.objects.create(run=run, number=number, content=sealed)


def _place(run: FullRun, number: int) -> Place:
    return Place("matching_fullrunpiece", "content", f"{run.pk}:{number}")


def kept(run: FullRun) -> Columns:
    """The columns as they were stored, of all parts. 1 query per piece."""
    numbers = list(FullRunPiece.objects.filter(run=run).order_by("number").values_list("number", flat=True))
    parts = [list(of_part) for _, of_part in groupby(numbers, key=lambda number: number // PIECES)]
    tables = [_table_of(b"".join(_pieces(run, of_part))) for of_part in parts]
    return Columns(tables[0] if len(tables) == 1 else _joined(tables))


def _table_of(content: bytes) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
        return reader.read_all()


def _joined(tables: Sequence[pa.Table]) -> pa.Table:
    """The parts below each other, each column with one dictionary."""
    whole = pa.concat_tables(tables)
    return pa.table({name: _whole(whole[name]) for name in whole.column_names})


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_list(column.type):
        return _lists(column)
    return _encoded(column) if pa.types.is_dictionary(column.type) else pa.concat_arrays(column.chunks)


def _pieces(run: FullRun, numbers: Sequence[int]) -> Iterator[bytes]:
    for number in numbers:
        yield decrypt(FullRunPiece.objects.get(run=run, number=number).content, place=_place(run, number))
