"""The codec of sets: ClickHouse's `AggregateFunction(groupBitmap, UInt32)` state, both ways.

A state is one byte of kind, then: kind 0, a count byte and that many little-endian ids (at most 32); kind 1, a varint
length and a portable CRoaring bitmap of that length.
"""

from __future__ import annotations

import struct

from pyroaring import BitMap

# Ids up to which ClickHouse keeps a set as a plain list.
SMALL_SET_IDS = 32
_SMALL = 0
_ROARING = 1


class MalformedState(ValueError):
    """The bytes are no state of groupBitmap over UInt32."""


def encode(ids: BitMap) -> bytes:
    """The state of `ids`, as ClickHouse itself writes it."""
    if len(ids) <= SMALL_SET_IDS:
        return struct.pack(f"<BB{len(ids)}I", _SMALL, len(ids), *ids)
    portable = ids.serialize()
    return bytes([_ROARING]) + _varint(len(portable)) + portable


def decode(state: bytes) -> BitMap:
    """The ids of one state; raises `MalformedState` if there is anything else in the bytes."""
    ids, end = decode_at(state, 0)
    if end != len(state):
        raise MalformedState(f"{len(state) - end} bytes follow the state")
    return ids


def decode_at(data: bytes, start: int) -> tuple[BitMap, int]:
    """The ids of the state that begins at `start`, and where it ends: states stand one after another in RowBinary."""
    try:
        if data[start] == _SMALL:
            end = start + 2 + 4 * data[start + 1]
            return BitMap(struct.unpack_from(f"<{data[start + 1]}I", data, start + 2)), end
        if data[start] == _ROARING:
            length, begin = read_varint(data, start + 1)
            end = begin + length
            if end > len(data):
                raise MalformedState("the state ends too early")
            return BitMap.deserialize(data[begin:end]), end
    except (IndexError, struct.error):
        raise MalformedState("the state ends too early") from None
    raise MalformedState(f"kind {data[start]} is unknown")


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A LEB128 number and the place after it."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
