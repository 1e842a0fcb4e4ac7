"""The line of an entry, and the chain of digests that holds the lines together."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from uuid import UUID

from plateau.activity.ledger.types import Correction, Fact, Fault, Head, Proof, Sum, Value
from plateau.kernel.errors import InvalidInputError, RuleBrokenError

START = Head(0, hashlib.sha256(b"plateau").digest())
_MARK = b"\t\\\\x"  # before the digest, as COPY writes a bytea
_SIZE = 64 + len(_MARK)
_MOST = 100  # faults named at most
_COLUMNS = tuple(field.name for field in fields(Fact))
_ESCAPED = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
)
_DIMENSIONS = tuple(field.name for field in fields(Sum))[1:-3]


def line(entry_id: int, fact: Fact, *, at: datetime) -> bytes:
    """An entry as COPY writes it, without its digest.

    Written this way so that what is verified is what the database answers, byte for byte.
    Source: PostgreSQL documentation, COPY, text format.
    """
    values: list[Value] = [getattr(fact, name) for name in _COLUMNS]
    written = [entry_id, *values[:2], at, *values[2:]]
    return "\t".join([_RENDER[type(value)](value) for value in written]).encode()


def chained(line: bytes, *, after: bytes) -> bytes:
    """The digest that an entry carries after another one."""
    return hashlib.sha256(after + line).digest()


def written(facts: Sequence[Fact], *, after: Head, at: datetime) -> tuple[list[bytes], Head]:
    """The whole lines of entries that follow `after`, and where the chain stands then."""
    lines: list[bytes] = []
    digest = after.digest
    for number, fact in enumerate(facts, after.entry_id + 1):
        text = line(number, fact, at=at)
        digest = chained(text, after=digest)
        lines.append(b"%b%b%b\n" % (text, _MARK, digest.hex().encode()))
    return lines, Head(after.entry_id + len(facts), digest)


def proven(
    lines: Iterable[bytes | bytearray | memoryview], *, head: Head, anchors: Sequence[Head]
) -> Proof:
    """What the lines of the whole ledger, in order, prove against where it should stand.

    An anchor is where the chain stood when people signed for it.
    """
    faults: list[Fault] = []
    known = {anchor.entry_id: anchor.digest for anchor in anchors}
    digest, number = START.digest, 0
    for text in lines:
        number += 1
        whole = bytes(text)
        body, stored = whole[: -_SIZE - 1], whole[-65:-1].decode()
        digest = hashlib.sha256(digest + body).digest()
        if digest.hex() == stored and number not in known:
            continue
        own = int(body[: body.index(b"\t")])
        faults += _faults(own, number, is_same=digest.hex() == stored)
        if known.get(own, digest) != digest:
            faults.append(Fault(own, "signed"))
        digest, number = bytes.fromhex(stored), own
        if len(faults) >= _MOST:
            break
    faults += [Fault(one, "cut") for one in known if one > number]
    if len(faults) < _MOST and (number, digest) != (head.entry_id, head.digest):
        faults.append(Fault(max(number, head.entry_id), "head"))
    return Proof(entries=number, digest=digest, faults=tuple(faults[:_MOST]))


def _faults(own: int, expected: int, *, is_same: bool) -> list[Fault]:
    if own != expected:
        return [Fault(missing, "missing") for missing in range(expected, min(own, expected + 3))]
    return [] if is_same else [Fault(own, "altered")]


def sums(facts: Iterable[Fact]) -> list[Sum]:
    """What facts add up to by day, in a fixed order."""
    found: dict[tuple[object, ...], list[int]] = {}
    for fact in facts:
        key = (fact.happened_on, *(getattr(fact, name) or "" for name in _DIMENSIONS))
        total = found.setdefault(key, [0, 0, 0])
        total[0] += fact.quantity
        total[1] += fact.quantity * (fact.minutes or 0)
        total[2] += fact.quantity * (fact.cents or 0)
    return [Sum(*key, *total) for key, total in sorted(found.items())]  # pyright: ignore[reportArgumentType] - the key is in the order of the fields


def corrected(old: Fact, correction: Correction) -> list[Fact]:
    """The entries that take one back and say what counts instead; both point at it."""
    if old.quantity != 1:
        raise RuleBrokenError("entry {entry} is a correction: correct what it corrects",
                              entry=correction.entry_id)  # fmt: skip
    if not correction.reason.strip():
        raise InvalidInputError("say why the entry is corrected")
    number, day, why = correction.entry_id, correction.on, correction.reason.strip()
    back = replace(
        old, key=f"back:{number}", quantity=-1, corrects=number, happened_on=day, reason=why
    )
    if correction.instead is None:
        return [back]
    again = replace(
        correction.instead, key=f"instead:{number}", corrects=number, happened_on=day, reason=why
    )
    return [back, again]


def late(fact: Fact, frozen: Mapping[str, date]) -> Fact:
    """The fact on the first day still open, when its own is closed."""
    subjects = [f"agreement:{fact.agreement}", f"machine:{fact.machine}"]
    if fact.kind == "duty":
        subjects.append(f"line:{fact.session}")
    day = max(frozen.get(subject, fact.happened_on) for subject in subjects)
    return replace(fact, happened_on=day) if day > fact.happened_on else fact


def checked(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Facts whose money makes sense; InvalidInputError naming the first that does not."""
    for fact in facts:
        if fact.cents is not None and fact.cents < 0:
            raise InvalidInputError("{key}: an amount is never negative", key=fact.key)
        if len({fact.cents is None, fact.debit is None, fact.credit is None}) > 1:
            raise InvalidInputError("{key}: money goes from an account to another", key=fact.key)
        if fact.cents is not None and fact.debit == fact.credit:
            raise InvalidInputError("{key}: money goes from an account to another", key=fact.key)
        yield fact


def _instant(at: datetime) -> str:
    """An instant as PostgreSQL writes it in UTC: microseconds without the zeros at their end."""
    utc = at.astimezone(UTC)
    text = utc.replace(microsecond=0, tzinfo=None).isoformat(" ")
    return f"{text}.{utc.microsecond:06d}".rstrip("0") + "+00" if utc.microsecond else f"{text}+00"


_RENDER: dict[type, Callable[..., str]] = {
    type(None): lambda _: "\\N",
    str: lambda text: text.translate(_ESCAPED),
    int: str,
    UUID: str,
    date: date.isoformat,
    datetime: _instant,
}
