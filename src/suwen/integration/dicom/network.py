"""What every association of ours has in common: limits, quick sockets, silence about content.

Source: DICOM PS3.8 (association, PDUs), PS3.7 (DIMSE).
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pydicom.config
import pynetdicom._config
from pynetdicom import AE, evt
from pynetdicom.events import Event

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.integration.dicom.elements import (
    DEFLATED,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    RLE_LOSSLESS,
)

IMPLEMENTATION_NAME: Final = "SUWEN"
LARGEST_PDU: Final = 256 * 1024
_AT_ONCE: Final = 64 * 1024

UNCOMPRESSED: Final = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN)
TRANSFER_SYNTAXES: Final = (
    *UNCOMPRESSED,
    EXPLICIT_BIG_ENDIAN,
    DEFLATED,
    RLE_LOSSLESS,
    "1.2.840.10008.1.2.4.50",  # JPEG baseline
    "1.2.840.10008.1.2.4.51",  # JPEG extended
    "1.2.840.10008.1.2.4.57",  # JPEG lossless
    "1.2.840.10008.1.2.4.70",  # JPEG lossless, first-order prediction
    "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.81",  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91",  # JPEG 2000
    "1.2.840.10008.1.2.4.100",  # MPEG-2
    "1.2.840.10008.1.2.4.102",  # MPEG-4 AVC/H.264
    "1.2.840.10008.1.2.4.103",
    "1.2.840.10008.1.2.4.201",  # HTJ2K lossless
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",  # HTJ2K
)
"""Transfer syntaxes in which objects are kept; what they hold is not changed."""

# Their own words would put names of patients into the log.
pynetdicom._config.LOG_REQUEST_IDENTIFIERS = False
pynetdicom._config.LOG_RESPONSE_IDENTIFIERS = False
for _name in ("pynetdicom", "pydicom"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
# Values are checked by our own reader; the library would repeat them in its warnings.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """Another system, as it is called.

    Attributes:
        ae_title: its title; ``calling`` is ours.
        tls: verifies the peer; ``None`` for a network without TLS.
        timeout_s: longest wait for an answer, in seconds.
    """

    host: str
    port: int
    ae_title: str
    calling: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    timeout_s: float = 30.0


def application_entity(title: str, timeout_s: float) -> AE:
    """An application entity of ours.

    Args:
        title: 1 to 16 characters.
        timeout_s: longest wait for the other side, in seconds.
    """
    entity = AE(ae_title=title)
    entity.implementation_version_name = IMPLEMENTATION_NAME
    entity.maximum_pdu_size = LARGEST_PDU
    entity.acse_timeout = min(timeout_s, 30.0)
    entity.dimse_timeout = timeout_s
    entity.network_timeout = timeout_s
    entity.connection_timeout = min(timeout_s, 10.0)
    return entity


def quick(event: Event) -> None:
    """Sends small packets at once; else each object waits for a delayed acknowledgement."""
    opened = event.assoc.dul.socket
    if opened is not None and opened.socket is not None:
        opened.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class BoundedSocket:
    """Reads for an association no more than one object may have, in large pieces.

    The library believes the length that a peer announces, whatever it is.

    Args:
        opened: the library's own socket of the association.
        largest: bytes of one message.
    """

    def __init__(self, opened: Any, largest: int) -> None:
        self._opened = opened
        self._socket: socket.socket = opened.socket
        self._largest = largest
        self._message = 0
        self.exceeded = False

    def next_message(self) -> None:
        """A message was taken whole: counting begins anew."""
        self._message = 0

    def close(self) -> None:
        """Gives the socket back; the library does not where the other side closed first."""
        self._socket.close()

    def recv(self, wanted: int) -> bytearray:
        """``wanted`` bytes, fewer when the other side closed.

        Raises:
            OSError: when the peer sends more than it may; the library then ends the association.
        """
        self._message += wanted
        if wanted > 2 * LARGEST_PDU or self._message > self._largest:
            self.exceeded = True
            # The library takes it that the other side closed; so that it does, too, we do.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            raise OSError("a peer sent more than one object may have")
        content = bytearray(wanted)
        view, at = memoryview(content), 0
        while at < wanted:
            read = self._opened.socket.recv_into(view[at:], min(wanted - at, _AT_ONCE))
            if read == 0:
                break
            at += read
        view.release()
        del content[at:]
        return content


def bound(event: Event, largest: int) -> BoundedSocket:
    """Lets a new association read only so much."""
    opened: Any = event.assoc.dul.socket
    reader = BoundedSocket(opened, largest)
    opened.recv = reader.recv
    return reader


def tls_context(ca_file: str, *, certificate: str | None = None, server: bool) -> ssl.SSLContext:
    """TLS by which both sides know each other.

    Args:
        ca_file: PEM file of the authority that the other side's certificate must be from.
        certificate: PEM file with our certificate and its key.
        server: whether we accept.

    Raises:
        ConfigurationError: ``dicom_tls`` when a file cannot be used.
    """
    purpose = ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH
    try:
        context = ssl.create_default_context(purpose, cafile=ca_file)
        if certificate is not None:
            context.load_cert_chain(Path(certificate))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "dicom_tls",
            Bilingual(
                zh="DICOM 连接的 TLS 证书文件无法使用，请检查路径与内容。",
                en="A TLS file of the DICOM connection cannot be used: check its path and content.",
            ),
            detail={"kind": type(error).__name__},
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


QUICK: Final = (evt.EVT_CONN_OPEN, quick)
