"""Whatever a file holds: each line is a row, or set aside with its line, column and reason, or the file is refused."""

import gzip
import json
from pathlib import Path

import pytest

from profiles.connectors import MAX_CELL, BadRow, Declared, Row, UnreadableFile, files, read_rows
from profiles.connectors.files import count_lines

PLAIN = Declared(id_column="id")


def read(folder: Path, content: bytes, name: str = "a.csv", declared: Declared = PLAIN) -> list[Row | BadRow]:
    path = folder / "stored"
    path.write_bytes(content)
    count_lines(path)
    return list(read_rows(path, name=name, declared=declared))


def told(rows: list[Row | BadRow]) -> list[tuple[int, object]]:
    """Line and cells of each row, line and code of each bad one."""
    return [(row.line, tuple(row.cells.values()) if isinstance(row, Row) else row.code) for row in rows]


CSV = {
    "plain": (b"id,name\n1,Ada\n", [(2, ("1", "Ada"))]),
    "semicolons": (b"id;name\n1;Ada, Countess\n", [(2, ("1", "Ada, Countess"))]),
    "tabs": (b"id\tname\n1\tAda\n", [(2, ("1", "Ada"))]),
    "names of columns with other separators in them": (b"id;a,b,c;d,e\n1;2;3\n", [(2, ("1", "2", "3"))]),
    "quoted names": (b'"id","name"\n1,Ada\n', [(2, ("1", "Ada"))]),
    "no newline at the end": (b"id,name\n1,Ada", [(2, ("1", "Ada"))]),
    "Windows lines": (b"id,name\r\n1,Ada\r\n\r\n2,Cy\r\n", [(2, ("1", "Ada")), (4, ("2", "Cy"))]),
    "old Mac lines": (b"id,name\r1,Ada\r", [(2, ("1", "Ada"))]),
    "blank lines before the header": (b"\n;;\nid,name\n1,Ada\n", [(4, ("1", "Ada"))]),
    "UTF-8 with its mark": (b"\xef\xbb\xbfid,name\n1,Ad\xc3\xa0\n", [(2, ("1", "Adà"))]),
    "UTF-16 with its mark": ("\ufeffid,name\n1,Адa\n".encode("utf-16-le"), [(2, ("1", "Адa"))]),
    "a column without a name": (b"id,name,\n1,Ada,x\n", [(2, ("1", "Ada", "x"))]),
    "a newline in a cell": (b'id,name\n1,"Ada\nByron"\n2,Cy\n', [(2, ("1", "Ada\nByron")), (4, ("2", "Cy"))]),
    "too few and too many cells": (b"id,name\n1\n2,Cy,x\n3,Eve\n", [(2, "column_count"), (3, "column_count"), (4, ("3", "Eve"))]),
    "bytes of another encoding": (b"id,name\n1,Ad\xff\n2,Cy\n", [(2, "encoding"), (3, ("2", "Cy"))]),
    "a NUL": (b"id,name\n1,A\x00a\n2,Cy\n", [(2, "nul_character"), (3, ("2", "Cy"))]),
    "a quote in the middle": (b'id,name\n1,"Ada" Byron\n2,Cy\n', [(2, "unreadable"), (3, ("2", "Cy"))]),
    "a quote never closed": (b'id,name\n1,"Ada\n2,Cy\n3,Eve\n', [(2, "unreadable"), (3, ("2", "Cy")), (4, ("3", "Eve"))]),
    "a huge cell": (b"id,name\n1," + b"x" * (MAX_CELL + 1) + b"\n2,Cy\n", [(2, "cell_too_long"), (3, ("2", "Cy"))]),
    "a cell beyond the reader's limit": (b"id,name\n1," + b"x" * (3 * MAX_CELL) + b"\n2,Cy\n", [(2, "unreadable"), (3, ("2", "Cy"))]),
}  # fmt: skip


@pytest.mark.parametrize("case", CSV)
def test_each_line_of_a_csv_file_is_a_row_or_set_aside(case: str, tmp_path: Path) -> None:
    content, expected = CSV[case]
    assert told(read(tmp_path, content)) == expected
    assert told(read(tmp_path, gzip.compress(content))) == expected


JSON = {
    "plain": ('{"id":"1","n":2,"x":null}', [(1, ("1", "2", ""))]),
    "blank lines": ('\n{"id":"1"}\n\n{"id":"2"}', [(2, ("1",)), (4, ("2",))]),
    "with its mark": ('\ufeff{"id":"1"}', [(1, ("1",))]),
    "yes and no": ('{"id":"1","a":true,"b":1.50}', [(1, ("1", "true", "1.5"))]),
    "an object within": ('{"id":"1","home":{"city":"Ulm","geo":{"lat":1}}}', [(1, ("1", "Ulm", "1"))]),
    "a list where several are declared": ('{"id":"1","tel":["1","2"]}', [(1, ("1", "1|2"))]),
    "a list of one": ('{"id":"1","mail":["a@b.c"]}', [(1, ("1", "a@b.c"))]),
    "a list elsewhere": ('{"id":"1","mail":["a","b"]}', [(1, ("1", '["a", "b"]'))]),
    "a list whose texts hold the separator": ('{"id":"1","tel":["1|2","3"]}', [(1, ("1", '["1|2", "3"]'))]),
    "no object": ('"a"\n[1]\n{"id":"1"', [(1, "not_an_object"), (2, "not_an_object"), (3, "broken_json")]),
    "a key twice": ('{"id":"1","id":"2"}\n{"a.b":1,"a":{"b":2}}', [(1, "key_twice"), (2, "key_twice")]),
    "what the database cannot hold": (r'{"id":"\u0000"}' + "\n" + r'{"id":"\ud800"}' + "\n" + r'{"a\u0000":"1"}',
                                      [(1, "nul_character"), (2, "encoding"), (3, "bad_key")]),
    "depth": ('{"id":' + '{"a":' * 20 + "1" + "}" * 21, [(1, ('{"a": ' * 15 + "1" + "}" * 15,))]),
    "a number of thousands of digits": ('{"id":' + "9" * 5000 + "}", [(1, "broken_json")]),
}  # fmt: skip


@pytest.mark.parametrize("case", JSON)
def test_each_line_of_json_is_a_row_or_set_aside(case: str, tmp_path: Path) -> None:
    content, expected = JSON[case]
    declared = Declared(id_column="id", separators={"tel": "|"})
    assert told(read(tmp_path, content.encode(), "a.jsonl", declared)) == expected


def test_more_depth_than_can_be_read_is_set_aside(tmp_path: Path) -> None:
    assert told(read(tmp_path, b'{"id":' + b"[" * 100_000, "a.jsonl")) == [(1, "broken_json")]


def test_nested_objects_are_columns_named_by_their_path(tmp_path: Path) -> None:
    (row,) = read(tmp_path, b'{"id":"1","home":{"city":"Ulm"},"none":{}}', "a.jsonl")
    assert row.cells == {"id": "1", "home.city": "Ulm", "none": "{}"}


def test_what_a_ragged_line_held_is_kept(tmp_path: Path) -> None:
    (row,) = read(tmp_path, b"id,name\n2,Cy,x,y\n")
    assert row.raw == {"id": "2", "name": "Cy", "column 3": "x", "column 4": "y"}
    assert row.reason == "The line has 4 cells, the header 2."


def test_a_line_over_the_limit_is_passed_over_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINE", 40)
    content = b"id,name\n1,Ada\n2," + b"x" * 500 + b"\n3,Eve\n"
    assert told(read(tmp_path, content)) == [(2, ("1", "Ada")), (3, "line_too_long"), (4, ("3", "Eve"))]
    lines = b'{"id":"1"}\n{"id":"' + b"x" * 500 + b'"}\n{"id":"3"}\n'
    assert told(read(tmp_path, lines, "a.jsonl")) == [(1, ("1",)), (2, "line_too_long"), (3, ("3",))]


whole = gzip.compress(b"id,name\n" + bytes(range(32, 127)) * 300)
REFUSED = {
    "empty": (b"", "a.csv", "The file is empty."),
    "only a mark": (b"\xef\xbb\xbf", "a.csv", "The file is empty."),
    "only blank lines": (b"\n\n \n", "a.jsonl", "The file is empty."),
    "empty and packed": (gzip.compress(b""), "a.csv.gz", "The file is empty."),
    "no column of the id": (b"key,name\n1,Ada\n", "a.csv", "The first line has no column “id”, which holds the id. It was"
                            " read as 2 columns with the separator “,”."),
    "a column twice": (b"id,name,name\n1,Ada,B\n", "a.csv", "The first line must name the columns, each once."),
    "UTF-16 without its mark": ("id,name\n1,Ada\n".encode("utf-16-le"), "a.csv",
                                "The first line is not text in utf-8: check the encoding of the source."),
    "a header of other bytes": (b"id,n\xe4me\n1,Ada\n", "a.csv",
                                "The first line is not text in utf-8: check the encoding of the source."),
    "a JSON list": (b'[\n{"id":"1"}\n]', "a.json", "This is one JSON list; JSON Lines has one object on each line."),
    "a ZIP": (b"PK\x03\x04rest", "a.csv", "This is a ZIP or Excel file; CSV or JSON Lines is needed, plain or gzip."),
    "cut off": (whole[: len(whole) // 2], "a.csv.gz", "The compressed file was cut off: its end is missing."),
    "damaged": (whole[:50] + b"\0\1\2\3" + whole[54:], "a.csv.gz", "The compressed file is damaged."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_words(case: str, tmp_path: Path) -> None:
    content, name, sentence = REFUSED[case]
    with pytest.raises(UnreadableFile) as refused:
        read(tmp_path, content, name)
    assert str(refused.value) == sentence


def test_a_wrong_separator_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="read as 1 column with the separator “;”"):
        read(tmp_path, b"id,name\n1,Ada\n", declared=Declared(delimiter=";", id_column="id"))


@pytest.mark.parametrize("encoding", ["nonsense", "rot13", "base64", "undefined"])
def test_an_encoding_that_is_none_is_named(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=encoding):
        read(tmp_path, b"id\n1\n", declared=Declared(encoding=encoding, id_column="id"))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BOMB_SIZE", 1 << 22)
    bomb = gzip.compress(b"id,name\n" + b"0" * (1 << 25))
    with pytest.raises(UnreadableFile, match="unpacks to more than 200 times its size"):
        read(tmp_path, bomb, "a.csv.gz")


def test_lines_are_counted_with_and_without_a_last_newline(tmp_path: Path) -> None:
    for content, lines in ((b"a\nb\n", 2), (b"a\nb", 2), (gzip.compress(b"a\nb\nc"), 3)):
        (tmp_path / "x").write_bytes(content)
        assert count_lines(tmp_path / "x") == lines


def test_the_format_is_told_by_name_then_by_content(tmp_path: Path) -> None:
    line = json.dumps({"id": "1"}).encode()
    assert told(read(tmp_path, line, "a.ndjson.gz")) == told(read(tmp_path, line, "export")) == [(1, ("1",))]
