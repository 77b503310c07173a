"""Distinct values as Arrow text: read into Python only where a comparison needs them, measured all at once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from matching.engine.types import Codes, Flags, Floats, Ints

Hashes = NDArray[np.uint64]  # 0 is missing
STRETCH = 1 << 17  # bytes worked on at once: what stays in the processor's cache
POSITIONS = 1 << 13  # bytes of a value after which the multipliers start again
CLASSES = 32  # letters are told apart in so many classes, each counted up to two
UNMEASURED = 1 << 10  # spare letters of a value that cannot be measured by its bytes


class Texts(Sequence[str]):
    """Texts in an Arrow array without nulls; the first one is ""."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        found = self.array[place]
        return Texts(found) if isinstance(place, slice) else str(found.as_py())

    def __iter__(self) -> Iterator[str]:
        return iter(self.array.to_pylist())

    def pick(self, codes: Codes | Ints) -> list[str]:
        """The texts of these codes, in their order."""
        found: list[str] = self.array.take(pa.array(codes)).to_pylist()
        return found


class Measures(NamedTuple):
    """What bounds the likeness of two values without reading them, by code.

    `classes` holds two bits for each class of letters (one or more, two or more), `spare` how many letters it does not
    count. Values that are not plain ASCII have no bound.
    """

    length: Codes
    classes: Hashes
    spare: Codes
    first: NDArray[np.uint8]


def pick(values: Sequence[str], codes: Codes | Ints) -> list[str]:
    """`values[code]` for each code."""
    if isinstance(values, Texts):
        return values.pick(codes)
    return [values[code] for code in codes.tolist()]


def hashes(values: Sequence[str], until: bytes = b"") -> Hashes:
    """A stable 64-bit hash of each value, the same on every machine; 0 for "" alone.

    Each byte times a multiplier of its place, summed up and stirred: all values at once. With `until` only what stands
    before the first of these signs is hashed.
    """
    data, offsets = _bytes(values)
    result = np.zeros(len(values), np.uint64)
    stops = np.zeros(256, np.bool_)
    stops[list(until)] = True
    for rows, part, starts in _stretches(data, offsets):
        lengths = np.diff(np.append(starts, len(part)))
        place = (np.arange(len(part), dtype=np.int64) - np.repeat(starts, lengths)) & (POSITIONS - 1)
        terms = (part.astype(np.uint64) + np.uint64(1)) * _MULTIPLIERS[place]
        if until:
            end = np.minimum.reduceat(np.where(stops[part], place, POSITIONS), starts)
            terms[place >= np.repeat(end, lengths)] = 0
        result[rows] = np.maximum(stirred(np.add.reduceat(terms, starts)), np.uint64(1))
    return result


def stirred(numbers: Hashes) -> Hashes:
    """Every bit of each number spread over all of it; 0 stays 0."""
    found = numbers ^ (numbers >> np.uint64(33))
    for multiplier in (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)):
        found *= multiplier
        found ^= found >> np.uint64(33)
    return found


def measures(values: Sequence[str]) -> Measures:
    """The measures of each value."""
    data, offsets = _bytes(values)
    length = np.diff(offsets)
    classes, spare = np.zeros(len(values), np.uint64), np.zeros(len(values), np.int32)
    first = np.zeros(len(values), np.uint8)
    for rows, part, starts in _stretches(data, offsets):
        owner = np.repeat(np.arange(len(rows)), np.diff(np.append(starts, len(part))))
        counts = np.bincount(owner * CLASSES + (part & (CLASSES - 1)), minlength=len(rows) * CLASSES)
        seen = np.stack([counts > 0, counts > 1]).reshape(2, len(rows), CLASSES)
        packed = np.packbits(seen, axis=2).view(np.uint32)[..., 0].astype(np.uint64)
        classes[rows] = packed[0] | (packed[1] << np.uint64(32))
        spare[rows] = length[rows] - np.bitwise_count(classes[rows])
        first[rows] = part[starts]
        spare[rows[np.maximum.reduceat(part, starts) > 127]] = UNMEASURED
    return Measures(length.astype(np.int32), classes, spare, first)


def common_at_most(left: Measures, one: Codes, right: Measures, other: Codes) -> Codes:
    """No more letters than this can two values have in common."""
    counted = np.bitwise_count(left.classes[one] & right.classes[other]).astype(np.int32)
    common: Codes = counted + np.minimum(left.spare[one], right.spare[other])
    loose = np.maximum(left.spare[one], right.spare[other]) >= UNMEASURED
    return np.where(loose, np.maximum(left.length[one], right.length[other]), common)


def jaro_winkler_at_most(left: Measures, one: Codes, right: Measures, other: Codes) -> Floats:
    """No more than this can the Jaro-Winkler likeness of two values be."""
    common = common_at_most(left, one, right, other).astype(np.float32)
    lengths = np.maximum(left.length[one], 1).astype(np.float32), np.maximum(right.length[other], 1).astype(np.float32)
    jaro = np.minimum((common / lengths[0] + common / lengths[1] + 1) / 3, 1)
    same_start = left.first[one] == right.first[other]
    loose = np.maximum(left.spare[one], right.spare[other]) >= UNMEASURED
    bound: Floats = np.where(loose, 1, jaro + np.where(same_start, 0.4, 0.0) * (1 - jaro)) + 1e-4
    return bound


def may_be_one_slip(left: Measures, one: Codes, right: Measures, other: Codes) -> Flags:
    """Whether two values can be one keystroke or one exchange of neighbours apart."""
    lengths = left.length[one], right.length[other]
    loose = np.maximum(left.spare[one], right.spare[other]) >= UNMEASURED
    near = np.abs(lengths[0] - lengths[1]) <= 1
    alike = common_at_most(left, one, right, other) >= np.maximum(*lengths) - 1
    found: Flags = loose | (near & alike)
    return found


def _bytes(values: Sequence[str]) -> tuple[NDArray[np.uint8], Ints]:
    """All values as one run of UTF-8 and where each begins and ends."""
    if isinstance(values, Texts):
        return _arrow_bytes(values.array)
    encoded = [value.encode("utf-8", "surrogatepass") for value in values]
    offsets = np.concatenate([[0], np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)))]).astype(np.int64)
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def _arrow_bytes(array: Any) -> tuple[NDArray[np.uint8], Ints]:
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, width)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    return np.frombuffer(data, np.uint8) if data else np.zeros(0, np.uint8), ends


def _stretches(data: NDArray[np.uint8], offsets: Ints) -> list[tuple[Ints, NDArray[np.uint8], Ints]]:
    """Rows that are not empty, a stretch of bytes at a time, and where each begins in it."""
    full = np.flatnonzero(np.diff(offsets))
    if not len(full):
        return []
    starts, ends = offsets[full], offsets[full + 1]
    cuts = np.flatnonzero(np.diff(starts // STRETCH)) + 1
    edges = [0, *cuts.tolist(), len(full)]
    return [
        (full[low:high], data[starts[low] : ends[high - 1]], starts[low:high] - starts[low])
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    ]


def _multipliers() -> Hashes:
    """One odd number for each place of a byte, by the splitmix64 sequence."""
    steps = np.arange(1, POSITIONS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return stirred(steps) | np.uint64(1)


_MULTIPLIERS = _multipliers()
