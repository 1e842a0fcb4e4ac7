"""Cutting a multipart body into its parts while it arrives (RFC 2046; PS3.18, 8.6.1.2)."""

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from plateau.images.stow.types import Part
from plateau.kernel.errors import InvalidInputError


class Parts:
    """The parts of one body; only the one that is arriving is kept, up to `largest` bytes."""

    def __init__(self, boundary: bytes, *, largest: int) -> None:
        self._largest = largest
        self._ended: list[Part] = []
        self._part = Part()
        self._name, self._value = bytearray(), bytearray()
        self._is_whole = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._note,
                    "on_part_data": self._add,
                    "on_part_end": self._end,
                    "on_end": self._close,
                },
            )
        except FormParserError as error:
            raise InvalidInputError("not a multipart body") from error

    def feed(self, data: bytes) -> list[Part]:
        """The parts that `data` ends."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InvalidInputError("not a multipart body") from error
        ended, self._ended = self._ended, []
        return ended

    def finish(self) -> None:
        """Refuse a body that broke off before its last boundary."""
        if not self._is_whole:
            raise InvalidInputError("the body breaks off before its end")

    def _begin(self) -> None:
        self._part = Part()

    def _note(self) -> None:
        name = self._name.decode("latin-1").strip().lower()
        self._part.headers[name] = self._value.decode("latin-1").strip()
        self._name, self._value = bytearray(), bytearray()

    def _add(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        part.is_too_large = part.is_too_large or len(part.content) + end - start > self._largest
        if part.is_too_large:
            part.content = bytearray()
        else:
            part.content += memoryview(data)[start:end]

    def _end(self) -> None:
        self._ended.append(self._part)

    def _close(self) -> None:
        self._is_whole = True


def media_type(header: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters."""
    kind, options = parse_options_header(header)
    said = {name.decode("latin-1"): value.decode("latin-1") for name, value in options.items()}
    return kind.decode("latin-1"), said
