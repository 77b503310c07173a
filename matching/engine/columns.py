"""Dictionary-encoded columns: numbering, cleaning and deriving values, each once per distinct value."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from matching.engine import features
from matching.engine.features import LATIN, script
from matching.engine.texts import Texts
from matching.engine.types import Codes, Column, Flags, Ints, MultiColumn

Made = TypeVar("Made", Column, MultiColumn)


class Cleaner(NamedTuple):
    """How values are cleaned; those that match `kept` in lower case, and not `unless`, are clean as they are."""

    clean: Callable[[str], str]
    kept: str
    unless: str = ""


class Raw(NamedTuple):
    """All values of a field, one after the other: the row that each belongs to, ascending, and the column they make."""

    rows: Ints
    column: Column


class Facets(dict[str, Made], Generic[Made]):
    """Columns by name, each made when it is first asked for."""

    def __init__(self, recipes: Mapping[str, Callable[[], Made]]) -> None:
        super().__init__()
        self._recipes: Mapping[str, Callable[[], Made]] = recipes

    def __missing__(self, name: str) -> Made:
        self[name] = self._recipes[name]()
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._recipes

    def __iter__(self) -> Iterator[str]:
        return iter(self._recipes)


def dictionary(values: Iterable[str]) -> Column:
    """Number the distinct values in order of appearance; "" is 0."""
    listed = list(values)
    distinct = list(dict.fromkeys(["", *listed]))
    numbers = dict(zip(distinct, range(len(distinct)), strict=True))
    return Column(np.fromiter(map(numbers.__getitem__, listed), np.int32, len(listed)), distinct)


def derived(column: Column, make: Callable[[str], str]) -> Column:
    """The column that holds what is made of each value."""
    return _recoded(column, dictionary([make(value) if value else "" for value in column.values]))


def cleaned(column: Column, cleaner: Cleaner) -> Column:
    """The column with its values cleaned; Arrow texts that are clean already are not read."""
    if not isinstance(column.values, Texts):
        return derived(column, cleaner.clean)
    array = column.values.array
    lowered = pc.ascii_lower(array)
    odd = ~matches(lowered, cleaner.kept)
    if cleaner.unless:
        odd |= matches(lowered, cleaner.unless)
    odd[0] = False
    if not odd.any() and lowered.equals(array):
        return column
    mended = [cleaner.clean(value) for value in column.values.pick(np.flatnonzero(odd))]
    replaced = pc.replace_with_mask(lowered, pa.array(odd), pa.array(mended, array.type))
    return _recoded(column, from_arrow(replaced))


def matches(array: Any, pattern: str) -> Flags:
    """Which of an array's texts match a pattern, in Arrow's dialect."""
    found: Flags = pc.match_substring_regex(array, pattern).to_numpy(zero_copy_only=False)
    return found


def containing(values: Sequence[str], part: str) -> Flags:
    """Which values have this in them."""
    if isinstance(values, Texts):
        found: Flags = pc.match_substring(values.array, part).to_numpy(zero_copy_only=False)
        return found
    return np.fromiter((part in value for value in values), np.bool_, len(values))


def beginnings(column: Column) -> Column:
    """The first letter of each value."""
    if not isinstance(column.values, Texts):
        return derived(column, lambda value: value[:1])
    return _recoded(column, from_arrow(pc.utf8_slice_codeunits(column.values.array, 0, 1)))


def date_parts(values: Sequence[str]) -> NDArray[np.int16]:
    """Year, month and day of each ISO date, noughts for what is unknown; full dates in Arrow are not read one by one."""
    if not isinstance(values, Texts):
        return np.array([features.date_parts(value) for value in values], np.int16).reshape(-1, 3)
    whole = np.flatnonzero(matches(values.array, r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"))
    parts = np.zeros((len(values), 3), np.int16)
    signs = np.array(values.pick(whole), "S10").view(np.uint8).reshape(-1, 10).astype(np.int16) - ord("0")
    parts[whole, 0] = signs[:, :4] @ np.array([1000, 100, 10, 1], np.int16)
    parts[whole, 1], parts[whole, 2] = signs[:, 5] * 10 + signs[:, 6], signs[:, 8] * 10 + signs[:, 9]
    odd = np.setdiff1d(np.arange(len(values)), whole)
    parts[odd] = [features.date_parts(value) for value in values.pick(odd)]
    parts[parts[:, 0] == 0] = 0
    return parts


def scripts(column: Column) -> Column:
    """The script of each value; Arrow texts of ASCII are not read."""
    if not isinstance(column.values, Texts):
        return derived(column, script)
    array = column.values.array
    latin = matches(array, "[A-Za-z]")
    told = np.array(["", LATIN], object)[latin.astype(np.int8)]
    odd = np.flatnonzero(~pc.string_is_ascii(array).to_numpy(zero_copy_only=False))
    told[odd] = [script(value) for value in column.values.pick(odd)]
    return _recoded(column, dictionary(told.tolist()))


def from_arrow(array: Any) -> Column:
    """A column from an Arrow array of texts, dictionary-encoded or not; nulls and "" are missing."""
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    values = array.dictionary if pa.types.is_string(array.dictionary.type) else array.dictionary.cast(pa.string())
    codes = pc.fill_null(array.indices.cast(pa.int32()), -1).to_numpy() + np.int32(1)
    empty = pc.index(values, "").as_py()
    if empty >= 0:
        codes[codes == empty + 1] = 0
    return Column(codes, Texts(pa.concat_arrays([pa.array([""], pa.string()), values])))


def multi(raw: Raw, records: int) -> MultiColumn:
    """Values by record; missing ones and repeated ones of a record are left out."""
    present = raw.column.codes > 0
    rows, codes = raw.rows[present], raw.column.codes[present]
    if (np.diff(rows) <= 0).any():
        width = len(raw.column.values)
        packed = np.unique(rows * width + codes)
        rows, codes = packed // width, (packed % width).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=records))]).astype(np.int64)
    return MultiColumn(offsets, codes, raw.column.values)


def without(column: Column, codes: Sequence[int]) -> Column:
    """The column with some of its values missing."""
    gone = np.zeros(len(column.values), np.bool_)
    gone[list(codes)] = True
    return Column(np.where(gone[column.codes], 0, column.codes).astype(np.int32), column.values)


def _recoded(column: Column, distinct: Column) -> Column:
    codes: Codes = distinct.codes[column.codes]
    return Column(codes, distinct.values)
