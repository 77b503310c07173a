"""The files of the sources: CSV and JSON Lines, in no telling order, with a few rows that cannot be read."""

import csv
import gzip
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import BinaryIO, TextIO, cast

from cdv_site.demo.sources import Source

Row = dict[str, str]
_HELD_BACK = 5_000


class RecordFile(ABC):
    """One source's file. Lines leave through a pool of thousands, so that records of a person are not neighbours."""

    def __init__(self, source: Source, text: TextIO, rng: Random) -> None:
        self.id_column, self.text, self.rng = source["id_column"], text, rng
        self.pool: list[str] = []

    def write(self, row: Row) -> None:
        """Write a good row."""
        self._put(self._line(row))

    def spoil(self, row: Row) -> str:
        """Write the row so that it has to be set aside; returns what is wrong with it."""
        if self.rng.random() < 0.4:
            self._put(self._line({**row, self.id_column: ""}))
            return "missing_id"
        line, wrong = self._broken(row)
        self._put(line)
        return wrong

    def finish(self) -> None:
        self.rng.shuffle(self.pool)
        self.text.writelines(self.pool)

    def _put(self, line: str) -> None:
        if len(self.pool) < _HELD_BACK:
            self.pool.append(line)
            return
        place = int(self.rng.random() * _HELD_BACK)
        self.text.write(self.pool[place])
        self.pool[place] = line

    @abstractmethod
    def _line(self, row: Row) -> str: ...

    @abstractmethod
    def _broken(self, row: Row) -> tuple[str, str]: ...


class JsonLinesFile(RecordFile):
    def _line(self, row: Row) -> str:
        return json.dumps(row, ensure_ascii=False) + "\n"

    def _broken(self, row: Row) -> tuple[str, str]:
        line = self._line(row)
        return line[: len(line) * 2 // 3].rstrip() + "\n", "broken_json"


class CsvFile(RecordFile):
    def __init__(self, source: Source, text: TextIO, rng: Random) -> None:
        super().__init__(source, text, rng)
        self.columns = [column for column, *_ in source["mappings"]]
        self.cells = io.StringIO()
        self.writer = csv.writer(self.cells, delimiter=source["delimiter"], lineterminator="\n")
        self.text.write(self._join(self.columns))

    def _line(self, row: Row) -> str:
        return self._join([row[column] for column in self.columns])

    def _broken(self, row: Row) -> tuple[str, str]:
        cells = [row[column] for column in self.columns]
        return self._join(cells[:-2] if self.rng.random() < 0.5 else [*cells, "?"]), "wrong_column_count"

    def _join(self, cells: list[str]) -> str:
        self.cells.seek(0)
        self.cells.truncate()
        self.writer.writerow(cells)
        return self.cells.getvalue()


@contextmanager
def record_file(source: Source, out: Path, rng: Random) -> Iterator[RecordFile]:
    """Open the file of a source for writing, gzipped when its name says so (without the time, to be repeatable)."""
    path = out / source["file"]
    kind = CsvFile if path.suffix == ".csv" else JsonLinesFile
    with path.open("wb") as raw, _packed(path, raw) as packed:
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="", write_through=False)
        file = kind(source, text, rng)
        yield file
        file.finish()
        text.flush()


@contextmanager
def _packed(path: Path, raw: BinaryIO) -> Iterator[BinaryIO]:
    if path.suffix != ".gz":
        yield raw
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed:
        yield cast(BinaryIO, packed)
