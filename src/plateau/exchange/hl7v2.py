"""HL7 version 2.5.1 messages: building and reading them, without any connection.

Source: HL7 2.5.1 chapters 2 (control), 3 (ADT), 7 (ORU); IHE RAD TF-2 for the study's UID.
"""

import re
from datetime import UTC, date, datetime
from typing import cast

import hl7

from plateau.exchange.types import Answer, Header, Identity, Outcome
from plateau.kernel.errors import InvalidInputError

MARKS = "|^~\\&"
_NAMES = {"F": 0, "S": 1, "R": 2, "E": 3, "T": 4}  # the escape sequence of each of MARKS
_CODES = {mark: name for name, place in _NAMES.items() for mark in MARKS[place]}
_HEADER = re.compile(r"MSH([^\w\s])([^\w\s])([^\w\s])([^\w\s])([^\w\s])[^\w\s]?\1")
_CHARSETS = {
    "": "utf-8",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "8859/1": "iso-8859-1",
    "8859/15": "iso-8859-15",
}
_DETAIL = 300


def escape(text: str) -> str:
    r"""`text` as it may stand in a field: marks escaped, line ends as `\.br\`, controls as hex."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_escaped(character) for character in lines)


def _escaped(character: str) -> str:
    if character == "\n":
        return "\\.br\\"
    if character in _CODES:
        return f"\\{_CODES[character]}\\"
    if character < " " or character == "\x7f":
        return f"\\X{ord(character):02X}\\"
    return character


def unescape(text: str, marks: str = MARKS) -> str:
    """What a field says; formatting that plain text cannot show is left out."""
    mark = re.escape(marks[_NAMES["E"]])
    escaped = rf"{mark}((?:(?!{mark}).)*){mark}"
    return re.sub(escaped, lambda found: _unescaped(found.group(1), marks), text)


def _unescaped(name: str, marks: str) -> str:
    if name in _NAMES:
        return marks[_NAMES[name]]
    if name in {".br", ".sp"}:
        return "\n"
    if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", name):
        return bytes.fromhex(name[1:]).decode(errors="replace")
    return ""


def stamp(at: datetime) -> str:
    """An instant, with its offset."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


def segment(name: str, fields: dict[int, str]) -> str:
    """A segment from its numbered fields, already escaped."""
    values = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return "|".join([name, *values])


def message(segments: list[str]) -> bytes:
    """The bytes of a message."""
    return ("\r".join(segments) + "\r").encode()


def parse(content: bytes) -> hl7.Message:
    """The message; InvalidInputError when it is none, without repeating what it holds."""
    text = _decoded(content)
    header = _HEADER.match(text)
    if header is None or len(set(header.groups())) < len(header.groups()):
        raise InvalidInputError("the message does not start with a usable MSH segment")
    return cast("hl7.Message", hl7.parse(text))


def _decoded(content: bytes) -> str:
    first = content.partition(b"\r")[0].decode("latin-1")
    fields = first.split(first[3:4] or "|")
    charset = fields[17].split("~")[0].strip() if len(fields) > 17 else ""
    if charset not in _CHARSETS:
        raise InvalidInputError("this character set is not supported")
    try:
        return content.decode(_CHARSETS[charset])
    except UnicodeDecodeError as error:
        raise InvalidInputError("the text is not in the character set that MSH-18 says") from error


def raw(parsed: hl7.Message, name: str, *place: int) -> str:
    """What stands at (field, component, subcomponent) of the first segment `name`; "" if absent."""
    found = [part for part in parsed if str(part[0]) == name]
    if not found:
        return ""
    number, *inside = place
    return _within(_nth(found[0], number + 1), 1, *inside)


def value(parsed: hl7.Message, name: str, *place: int) -> str:
    """The same as `raw`, unescaped and trimmed."""
    marks = str(parsed[0][1]) + str(parsed[0][2])
    return unescape(raw(parsed, name, *place), marks).strip()


def _within(part: object, *place: int) -> str:
    for index in [*place, 1, 1]:
        part = _nth(part, index)
    return str(part)


def _nth(part: object, index: int) -> object:
    """Item `index` from 1; text that was not split any further is its own first item."""
    if isinstance(part, list):
        return part[index - 1] if len(part) >= index else ""
    return part if index == 1 else ""


def header(parsed: hl7.Message) -> Header:
    """Who sends a message, which, and under what number."""
    found = Header(
        application=value(parsed, "MSH", 3),
        facility=value(parsed, "MSH", 4),
        kind=value(parsed, "MSH", 9),
        event=value(parsed, "MSH", 9, 2),
        control_id=value(parsed, "MSH", 10),
    )
    if not found.kind or not found.control_id:
        raise InvalidInputError("MSH-9 and MSH-10 are required")
    return found


def acknowledgement(
    heard: Header | None, answer: Answer, *, condition: str = "", at: datetime, control_id: str
) -> bytes:
    """The answer to a message; `heard` is None when not even its header could be read.

    Source: HL7 2.5.1 section 2.9.2 (original mode), table 0357 for `condition`.
    """
    application, facility, number = "", "", ""
    kind = "ACK"
    if heard:
        application, facility, number = heard.application, heard.facility, heard.control_id
        kind = f"ACK^{escape(heard.event)}^ACK" if heard.event else "ACK"
    segments = [
        msh(application, facility, kind, control_id=control_id, at=at),
        segment("MSA", {1: answer.outcome, 2: escape(number)}),
    ]
    if condition:
        fault = {3: f"{condition}^^HL70357", 4: "E", 8: escape(answer.detail)}
        segments.append(segment("ERR", fault))
    return message(segments)


def msh(application: str, facility: str, kind: str, *, control_id: str, at: datetime) -> str:
    """The header of what we send; `kind` is MSH-9 as it stands."""
    fields = {
        2: "PLATEAU",
        3: "PLATEAU",
        4: escape(application),
        5: escape(facility),
        6: stamp(at),
        8: kind,
        9: control_id,
        10: "P",
        11: "2.5.1",
        16: "FRA",
        17: "UNICODE UTF-8",
    }
    return segment("MSH", {1: MARKS[1:], **fields})


def read_answer(content: bytes, control_id: str) -> Answer:
    """How a message was received; anything but a clear answer to `control_id` is malformed."""
    try:
        parsed = parse(content)
    except InvalidInputError as error:
        return Answer(outcome=Outcome.MALFORMED, detail=str(error))
    code, number = value(parsed, "MSA", 1), value(parsed, "MSA", 2)
    if code not in {Outcome.ACCEPTED, Outcome.ERROR, Outcome.REJECTED}:
        return Answer(outcome=Outcome.MALFORMED, detail="MSA-1 is none of AA, AE, AR")
    if number != control_id:
        return Answer(outcome=Outcome.MALFORMED, detail="MSA-2 names another message")
    said = [value(parsed, "MSA", 3), value(parsed, "ERR", 8), value(parsed, "ERR", 3, 2)]
    return Answer(outcome=Outcome(code), detail="; ".join(filter(None, said))[:_DETAIL])


def identity(parsed: hl7.Message, authorities: frozenset[str]) -> Identity:
    """The patient a message is about, by the identifier of one of `authorities`.

    An identifier without authority is the sender's own; others (a national one) are passed over.
    """
    local_id = _local_id(parsed, authorities)
    surname, first_name = value(parsed, "PID", 5, 1), value(parsed, "PID", 5, 2)
    missing = [
        name
        for name, text in [("PID-3", local_id), ("PID-5.1", surname), ("PID-5.2", first_name)]
        if not text
    ]
    if missing:
        raise InvalidInputError("missing or unusable: {fields}", fields=", ".join(missing))
    sex = value(parsed, "PID", 8).upper()
    return Identity(
        local_id=local_id,
        surname=surname,
        first_name=first_name,
        birth_on=_day(value(parsed, "PID", 7)),
        sex=sex if sex in {"F", "M"} else "U",
    )


def _local_id(parsed: hl7.Message, authorities: frozenset[str]) -> str:
    marks = str(parsed[0][1]) + str(parsed[0][2])
    found = [part for part in parsed if str(part[0]) == "PID"]
    field = _nth(found[0], 4) if found else ""
    for repetition in field if isinstance(field, list) else [field]:
        authority = unescape(_within(repetition, 4), marks).strip()
        kind = unescape(_within(repetition, 5), marks).strip()
        if authority in authorities | {""} and kind in {"", "PI", "MR"}:
            return unescape(_within(repetition, 1), marks).strip()
    return ""


def _day(text: str) -> date:
    try:
        return datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise InvalidInputError("missing or unusable: {fields}", fields="PID-7") from error
