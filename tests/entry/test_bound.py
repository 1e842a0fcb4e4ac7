"""The sockets that processes listen on."""

import socket

from plateau.entry import boot


def test_what_is_answered_leaves_at_once() -> None:
    with boot.bound("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
