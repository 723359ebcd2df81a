"""What an operator sets for an MLLP listener or sender, as the protocol uses it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.integration.hl7v2.character_sets import UTF_8

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """An MLLP listener.

    Attributes:
        port: 0 takes a free one.
        tls: context of the server, ``None`` for plain TCP.
        peers: networks that may connect; empty allows all that reach the address.
        acknowledgement: ``original``, ``enhanced`` or ``as_message`` (by MSH-15 and MSH-16).
        processing: values of MSH-11.1 that are taken; an empty MSH-11 is production.
        codec: where MSH-18 is empty.
        trust_header: false when MSH-18 of this sender is known to be wrong.
        reused_control_id: ``refuse`` or ``store`` another message under a used MSH-10.
        require_control_id: whether a message without MSH-10 is refused.
        largest_message: bytes.
        idle_s: seconds without a byte after which a connection is closed.
        frame_s: seconds within which a begun frame must end.
        most_connections: open at once.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    peers: tuple[Network, ...] = ()
    acknowledgement: str = "as_message"
    processing: frozenset[str] = frozenset({"P"})
    codec: str = UTF_8
    trust_header: bool = True
    reused_control_id: str = "refuse"
    require_control_id: bool = False
    largest_message: int = 16 * 1024 * 1024
    idle_s: float = 3600.0
    frame_s: float = 60.0
    most_connections: int = 64


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """An MLLP sender.

    Attributes:
        codec: in which messages leave; MSH-18 says so.
        answer_s: seconds to wait for an acknowledgement.
        attempts: after so many rejections a message waits for a person.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    codec: str = UTF_8
    connect_s: float = 10.0
    answer_s: float = 30.0
    attempts: int = 10


def server_tls(certificate: Path, key: Path, clients: Path | None) -> ssl.SSLContext:
    """Context of a listener; with ``clients`` only holders of a certificate of theirs connect.

    Raises:
        ConfigurationError: ``hl7_tls`` when a file cannot be read or does not fit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
        if clients is not None:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError):
        raise tls_refused() from None
    return context


def client_tls(
    authorities: Path | None, certificate: Path | None, key: Path | None
) -> ssl.SSLContext:
    """Context of a sender; the receiver's certificate and name are always checked.

    Raises:
        ConfigurationError: ``hl7_tls``.
    """
    try:
        context = ssl.create_default_context(cafile=str(authorities) if authorities else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        raise tls_refused() from None
    return context


def tls_refused() -> ConfigurationError:
    """The refusal of TLS files that cannot be used."""
    return ConfigurationError(
        "hl7_tls",
        Bilingual(
            zh="TLS 证书或密钥无法使用：请检查文件是否存在、可读，且证书与密钥相配（PEM 格式）。",
            en="The TLS certificate or key cannot be used: check that the files exist, can be "
            "read and belong together (PEM).",
        ),
        field="tls",
    )
