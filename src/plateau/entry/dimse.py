"""The process that answers the machines: storage, worklist, procedure steps."""

from plateau.entry import boot
from plateau.images import scp as images
from plateau.images.commitment import scp as commitment_scp
from plateau.images.move import scp as retrieve_scp
from plateau.images.search import scp as find_scp
from plateau.platform import dimse
from plateau.platform.dimse import Hub
from plateau.requests import scp as requests


def run() -> None:
    """Answer until asked to stop."""
    asked = boot.Asked()
    with boot.process("dimse", pool=16) as runtime:
        hub = Hub(runtime.db, runtime.blobs)
        more = [
            dimse.finding(hub, {**requests.FINDS, **find_scp.FINDS}),
            *retrieve_scp.handlers(hub),
            *commitment_scp.handlers(hub),
        ]
        with boot.listening(runtime.settings.dicom_port):
            servers = [images.dimse_server(runtime.settings, hub, more)]
        if runtime.settings.dicom_tls_cert:
            with boot.listening(runtime.settings.dicom_tls_port):
                servers += [images.dimse_server(runtime.settings, hub, more, is_secure=True)]
        asked.wait()
        for server in servers:
            server.shutdown()
