"""Calling other DICOM systems: an association that is there, or in words why it is not."""

import ssl
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext, build_context

from plateau.images.peers.types import Address, Echo
from plateau.kernel.errors import PlateauError, RuleBrokenError, UnavailableError
from plateau.platform.resting import rested

_VERIFICATION = "1.2.840.10008.1.1"
_CONNECT_S, _ANSWER_S = 5.0, 10.0
_RELEASE_S = 3.0  # what was asked is answered: whoever does not let go is left


def _(text: str) -> str:
    """Mark a text for translation; the page translates it."""
    return text


_FAILURE = _("it answered with a failure ({status})")
# PS3.8, table 9-21: what a rejection says, by source and reason
_REJECTED = {
    (1, 3): _("it does not know our AE title"),
    (1, 7): _("it does not call itself so"),
    (3, 1): _("it has too many associations at the moment"),
    (3, 2): _("it has no room for an association at the moment"),
}


@contextmanager
def associated(
    to: Address,
    contexts: Sequence[PresentationContext],
    *,
    ours: str,
    answer_s: float = _ANSWER_S,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    handlers: Sequence[evt.EventHandlerType] = (),
) -> Generator[Association, None, None]:
    """An association with another system, released at the end; UnavailableError says why not."""
    entity = AE(ours)
    entity.requested_contexts = list(contexts)
    entity.connection_timeout = _CONNECT_S
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = answer_s
    association = entity.associate(
        to.host,
        to.port,
        ae_title=to.ae_title,
        ext_neg=list(roles),
        tls_args=tls_of(to),
        evt_handlers=list(handlers),
    )
    if not association.is_established:
        raise _refusal(association)
    try:
        yield rested(association)
    finally:
        if association.is_established:
            association.acse_timeout = _RELEASE_S
            association.release()


def tls_of(to: Address) -> tuple[ssl.SSLContext, str] | None:
    """How a system is called over TLS: by whom it must be known, and what we show of ourselves."""
    if not to.uses_tls:
        return None
    try:
        context = ssl.create_default_context(cafile=to.tls_ca)
        if to.tls_cert:
            context.load_cert_chain(to.tls_cert, to.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise RuleBrokenError("the certificates for this system cannot be used") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context, to.host


def echo(to: Address, *, ours: str, answer_s: float = _ANSWER_S) -> Echo:
    """Whether another system answers C-ECHO, and how fast."""
    began = time.monotonic()
    contexts = [build_context(_VERIFICATION)]
    try:
        with associated(to, contexts, ours=ours, answer_s=answer_s) as association:
            status = association.send_c_echo().get("Status")
    except PlateauError as error:
        return Echo(ae_title=to.ae_title, took=None, problem=str(error))
    took = timedelta(seconds=time.monotonic() - began)
    if status is None:
        return Echo(ae_title=to.ae_title, took=None, problem=_("it did not answer in time"))
    if status != 0:
        problem = _FAILURE.format(status=f"{status:04X}")
        return Echo(ae_title=to.ae_title, took=None, problem=problem)
    return Echo(ae_title=to.ae_title, took=took)


def _refusal(association: Association) -> PlateauError:
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        reason = _REJECTED.get((answer.result_source or 0, answer.diagnostic or 0))
        if reason:
            return UnavailableError(reason)
        return UnavailableError("it rejected the association")
    if association.is_aborted and answer is not None:
        return UnavailableError("it accepts none of what we propose")
    return UnavailableError("nothing answers at this address")
