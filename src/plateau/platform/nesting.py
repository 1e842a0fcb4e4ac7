"""How deep a data set nests, found without decoding it: a query must not eat the machine."""

import struct

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_ITEM_BYTES = b"\xfe\xff\x00\xe0"
_LONG = frozenset(
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"]
)
_UNDEFINED = 0xFFFFFFFF
_DEPTH = 16  # sequences and items; the standard's own queries and steps need 8


def is_shallow(data: bytes, *, implicit: bool, depth: int = _DEPTH) -> bool:
    """Whether at most `depth` sequences and items stand inside each other, and all is whole."""
    ends: list[int] = []
    at = 0
    try:
        while at < len(data):
            while ends and at >= ends[-1]:
                ends.pop()
            tag, value_at, length, is_parent = _header(data, at, implicit=implicit)
            if tag in {_ITEM_END, _SEQUENCE_END}:
                ends.pop()
            elif is_parent:
                ends.append(len(data) + 1 if length == _UNDEFINED else value_at + length)
            at = value_at if is_parent else value_at + length
            if len(ends) > depth:
                return False
    except (struct.error, IndexError):
        return False
    return at == len(data)


def _header(data: bytes, at: int, *, implicit: bool) -> tuple[int, int, int, bool]:
    """Tag, where the value starts, its length, whether it holds elements. Source: PS3.5, 7."""
    group, number, length = struct.unpack_from("<HHI", data, at)
    tag, value_at = group << 16 | number, at + 8
    if not implicit and group != 0xFFFE:  # what delimits items has no VR
        vr, length = struct.unpack_from("<2sH", data, at + 4)
        if vr in _LONG:
            (length,) = struct.unpack_from("<I", data, at + 8)
            value_at = at + 12
    is_parent = tag == _ITEM or length == _UNDEFINED or data[value_at : value_at + 4] == _ITEM_BYTES
    return tag, value_at, length, is_parent and tag not in {_ITEM_END, _SEQUENCE_END}
