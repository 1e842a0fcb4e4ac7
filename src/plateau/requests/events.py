"""What happened to requests and exams."""

from dataclasses import dataclass

from plateau.kernel.ids import ExamId, RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSubmitted:
    """A request waits for its justification."""

    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAccepted:
    """A duty reader accepted a request, as asked or with another exam; the exam is planned."""

    request_id: RequestId
    exam_id: ExamId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefused:
    """A duty reader refused a request, with a reason."""

    request_id: RequestId


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAnswered:
    """What a reader asked about an exam has its answer."""

    exam_id: ExamId


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamComplete:
    """Every image of an exam is stored: it can be read."""

    exam_id: ExamId
