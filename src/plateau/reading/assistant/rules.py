"""Pure decisions on proposed drafts: what is hidden, how far texts are apart, when to stop."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from uuid import UUID

from plateau.kernel.ids import ExamId
from plateau.reading.assistant.types import Decision, Drift, Limit, Outcome, Reason
from plateau.reading.types import Sections

MAJOR = 3  # of 0 to 4: care has to change
_WRONG = frozenset({Reason.MISSED, Reason.INVENTED})
_MOST_WORDS = 4000


def is_blind(salt: UUID, exam_id: ExamId, *, permille: int) -> bool:
    """Whether the draft of an exam is hidden from its reader; nobody can tell before it comes."""
    digest = hashlib.sha256(salt.bytes + exam_id.bytes).digest()
    return int.from_bytes(digest[:8]) % 1000 < permille


def distance(draft: Sequence[str], final: Sequence[str]) -> int:
    """How many words have to be added, removed or changed to make one text of another.

    Source: Levenshtein 1966, on words.
    """
    start = 0
    while start < min(len(draft), len(final)) and draft[start] == final[start]:
        start += 1
    return _apart(draft[start:], final[start:])


def _apart(draft: Sequence[str], final: Sequence[str]) -> int:
    row = list(range(len(final) + 1))
    for done, word in enumerate(draft, 1):
        corner, row[0] = row[0], done
        for at, other in enumerate(final, 1):
            changed = corner + (word != other)
            corner = row[at]
            row[at] = min(changed, row[at] + 1, row[at - 1] + 1)
    return row[-1]


def distance_permille(draft: str, final: str) -> int:
    """The same against the longer text: 0 word for word, 1000 when nothing is left."""
    words = (draft.split()[:_MOST_WORDS], final.split()[:_MOST_WORDS])
    longer = max(map(len, words))
    return 0 if longer == 0 else round(1000 * distance(*words) / longer)


def outcome(*, blind: bool, decision: Decision | None, permille: int) -> Outcome:
    """What became of a draft, from what its reader decided and how far they then wrote from it."""
    if blind:
        return Outcome.BLIND
    if decision is None:
        return Outcome.UNDECIDED
    if decision == Decision.REJECT:
        return Outcome.REJECTED
    return Outcome.ACCEPTED if permille == 0 else Outcome.EDITED


def disagreement(of: Outcome, reason: Reason | None) -> bool | None:
    """Whether what the reader did says that the draft was wrong; None: a person has to compare.

    An edited draft is compared by a person: a single word taken away may turn its meaning round.
    """
    if of == Outcome.ACCEPTED:
        return False
    return reason in _WRONG if of == Outcome.REJECTED else None


def drift(disagreed: Iterable[bool], limit: Limit) -> Drift:
    """How far a row of judgements has gone towards the limit; it stops where that is reached.

    Each judgement adds the logarithm of how much likelier it is at the limit than usually; the sum
    never falls below zero. While disagreements are as usual or rarer, the threshold is reached
    within n judgements with a probability of n / quiet_for at most, and after quiet_for judgements
    or more on average.

    Source: Page 1954, doi:10.1093/biomet/41.1-2.100; Lorden 1971, doi:10.1214/aoms/1177693055
    (bound on false alarms).
    """
    usual, bad = limit.usual_permille / 1000, limit.limit_permille / 1000
    up, down = math.log(bad / usual), math.log((1 - bad) / (1 - usual))
    threshold = math.log(limit.quiet_for)
    judged, wrong, total = 0, 0, 0.0
    for one in disagreed:
        judged, wrong = judged + 1, wrong + one
        total = max(0.0, total + (up if one else down))
        if total >= threshold:
            break
    return Drift(judged=judged, disagreed=wrong, sum=total, threshold=threshold)


def limit_is_sound(limit: Limit) -> bool:
    """Whether a limit can be tested at all."""
    return 0 < limit.usual_permille < limit.limit_permille < 1000 and limit.quiet_for >= 100


def merged(starting: Sections, kept: Sections, proposed: tuple[str, str], notice: str) -> Sections:
    """The editor once a draft is taken into it: nothing that somebody wrote is lost.

    Where nothing was written but the template, the draft takes its place; else it goes below.
    """
    result, conclusion = proposed
    return Sections(
        indication=kept.indication,
        technique=_below(kept.technique, notice),
        result=result if kept.result == starting.result else _below(kept.result, result),
        conclusion=conclusion
        if kept.conclusion == starting.conclusion
        else _below(kept.conclusion, conclusion),
    )


def _below(text: str, added: str) -> str:
    return text if added in text else "\n".join(part for part in (text.rstrip(), added) if part)


def is_untouched(starting: Sections, kept: Sections) -> bool:
    """Whether nobody has written a result or a conclusion yet."""
    return (kept.result, kept.conclusion) == (starting.result, starting.conclusion)
