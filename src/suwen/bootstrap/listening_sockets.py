"""Sockets that the pages listen on."""

from __future__ import annotations

import socket

from suwen.core.errors import ConflictError
from suwen.core.language import Bilingual

WAITING = 512
"""Most callers that wait for a connection, as while a service restarts."""


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket.

    Args:
        port: 0 takes a free one.

    Raises:
        ConflictError: ``port_taken``.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(WAITING)
    except (OSError, TypeError) as error:
        listener.close()
        # TypeError: a name that cannot even be put into letters of the DNS.
        why = getattr(error, "strerror", None) or str(error)
        raise ConflictError(
            "port_taken",
            Bilingual(
                zh=f"无法监听 {host}:{port}（{why}）。请用 --port 换一个端口，0 表示任意空闲端口。",
                en=f"Cannot listen on {host}:{port} ({why}). "
                "Choose another --port; 0 takes a free one.",
            ),
            field="--port",
        ) from None
    return listener
