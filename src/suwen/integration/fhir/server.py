"""A FHIR server of the hospital as we reach it: address, proof of who we are, limits."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from suwen.core.data_class import PUBLIC
from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one server may cost us.

    Attributes:
        timeout_s: longest wait for one answer, in seconds.
        attempts: how often a request is tried in all, >= 1.
        longest_pause_s: longest pause between two attempts, in seconds, also where the server
            asks for a longer one.
        answer_bytes: largest answer, in bytes after decompression.
        pages: most pages of one search.
    """

    timeout_s: float = 30.0
    attempts: int = 4
    longest_pause_s: float = 20.0
    answer_bytes: int = 64 * 1024 * 1024
    pages: int = 10_000


@dataclass(frozen=True, slots=True)
class NoProof:
    """The server asks nobody who they are."""


@dataclass(frozen=True, slots=True)
class BasicProof:
    """An account and its password."""

    account: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenProof:
    """A token that the server's owner handed out and that stays the same."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """An OAuth 2.0 client of its own, by secret or by a signed statement (SMART Backend Services).

    Attributes:
        token_url: the authorization server's token endpoint.
        secret: the client's secret; ``None`` where it signs instead.
        private_key: PEM of the key that it signs with (RS384 or ES384).
        key_id: id of the public key as the server knows it.
    """

    token_url: str
    client_id: str
    scope: str = "system/*.read"
    secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    key_id: str | None = None


Proof = NoProof | BasicProof | TokenProof | ClientCredentials


@dataclass(frozen=True, slots=True)
class FhirServer:
    """Where a FHIR server is and how we come in.

    Attributes:
        base: the service's base address, without a slash at its end.
        also_at: further origins (``https://host:port``) that the server's own links may name, for
            servers that know themselves by another name than we do.
        ca_file: PEM of the certificate authority, instead of the system's.
        certificate_file: PEM of our certificate and key, where the server wants one (mutual TLS).
        ceiling: highest data class (1 to 5) that is written to it; a server that is only read has
            the lowest.
    """

    base: str
    proof: Proof = NoProof()
    also_at: tuple[str, ...] = ()
    ca_file: Path | None = None
    certificate_file: Path | None = None
    limits: Limits = Limits()
    ceiling: int = PUBLIC

    def __post_init__(self) -> None:
        check_address(self.base, "base")
        for other in self.also_at:
            check_address(other, "also_at")

    def accepts(self, address: str) -> bool:
        """Whether an absolute address is this server's: same scheme, host and port."""
        try:
            origin = origin_of(address)
        except ValueError:
            return False
        return origin is not None and origin in {
            origin_of(self.base),
            *(origin_of(other) for other in self.also_at),
        }

    def resolved(self, link: str, relative_to: str) -> str:
        """A link of an answer as an absolute address."""
        return urljoin(relative_to, link)

    def tls(self) -> ssl.SSLContext:
        """Verified TLS, with our certificate where one is set.

        Raises:
            ConfigurationError: ``fhir_certificate_unreadable``.
        """
        try:
            ca_file = None if self.ca_file is None else str(self.ca_file)
            context = ssl.create_default_context(cafile=ca_file)
            if self.certificate_file is not None:
                context.load_cert_chain(str(self.certificate_file))
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                "fhir_certificate_unreadable",
                Bilingual(
                    zh="无法读取 FHIR 连接的证书文件，请检查路径与格式（PEM）。",
                    en="A certificate file of the FHIR connection cannot be read: check its path "
                    "and that it is PEM.",
                ),
                field="certificate_file" if self.certificate_file else "ca_file",
            ) from error
        return context


def origin_of(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; ``None`` when it is no http address."""
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password:
        return None
    return parts.scheme, parts.hostname.lower(), parts.port or _PORTS[parts.scheme]


def check_address(address: str, name: str) -> None:
    """Refuses an address that cannot be used safely.

    Raises:
        ConfigurationError: ``fhir_address_invalid``.
    """
    try:
        parts = urlsplit(address)
        usable = origin_of(address) is not None and not (parts.query or parts.fragment)
    except ValueError:
        usable = False
    if not usable or not address.isascii() or not address.isprintable() or " " in address:
        raise ConfigurationError(
            "fhir_address_invalid",
            Bilingual(
                zh="FHIR 地址无效：须为 http 或 https 地址，不得含用户名、密码或查询参数。",
                en="The FHIR address cannot be used: it must be http or https, without user, "
                "password or query.",
            ),
            field=name,
        )
