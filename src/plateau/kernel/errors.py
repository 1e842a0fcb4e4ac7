"""The errors a caller can act on; everything else is a bug and is left to propagate."""

from typing import ClassVar


class PlateauError(Exception):
    """A refusal the platform understands: a stable code, a translatable text, its parameters."""

    code: ClassVar[str] = "error"

    def __init__(self, text: str, /, **params: object) -> None:
        super().__init__(text.format(**params))
        self.text = text
        self.params = params


class NotFoundError(PlateauError):
    """The thing does not exist, or the caller may not know that it does."""

    code = "not_found"


class InvalidInputError(PlateauError):
    """What came from outside is malformed; the sender must change it."""

    code = "invalid_input"


class ConflictError(PlateauError):
    """Another writer was first; the caller should look again."""

    code = "conflict"


class RuleBrokenError(PlateauError):
    """A rule of the service forbids it; the caller must choose otherwise."""

    code = "rule_broken"


class UnavailableError(PlateauError):
    """A dependency is down or full; the same request may succeed later."""

    code = "unavailable"


class NotSignedInError(PlateauError):
    """Nobody is signed in, or the session has ended."""

    code = "not_signed_in"


class ForgedFormError(PlateauError):
    """The form did not come from a page of ours, or its page is too old."""

    code = "forged_form"
