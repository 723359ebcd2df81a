"""One connection to a directory server: verified TLS, no referrals, every step bounded in time."""

from __future__ import annotations

import contextlib
import ssl
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

with warnings.catch_warnings():
    # ldap3 2.9.1 uses names that pyasn1 has renamed; both still work.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import LDAPException
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import parse_dn

__all__ = [
    "DirectoryConnection",
    "DirectoryEntry",
    "DirectoryError",
    "DirectoryServer",
    "LDAPException",
    "certificates",
    "connected",
    "escape_filter_chars",
    "parse_dn",
]

PORTS: Final = {"ldap": 389, "ldaps": 636}

SUCCESS: Final = 0
SIZE_LIMIT_EXCEEDED: Final = 4
INVALID_CREDENTIALS: Final = 49
NO_SUCH_OBJECT: Final = 32
# What a server answers to a bind of an account that it will not let in, besides 49. AD says 49 for
# all of them; others say 53 (unwilling), 50 (insufficient rights) or 19 (constraint, locked).
REFUSED_BINDS: Final = frozenset({INVALID_CREDENTIALS, 19, 50, 53})


class DirectoryError(Exception):
    """A server did not answer as it must; ``kind`` names the failure, without what was sent."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class DirectoryServer:
    """One server of the directory.

    Attributes:
        start_tls: whether a plain connection is turned into TLS before anything is said.
    """

    host: str
    port: int
    tls: bool
    start_tls: bool

    @classmethod
    def at(cls, address: str, *, start_tls: bool) -> DirectoryServer:
        """The server of an ``ldap://`` or ``ldaps://`` address.

        Raises:
            ConfigurationError: ``directory_address_wrong``.
        """
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        bare = parts.path in ("", "/") and not (parts.query or parts.username)
        if parts.scheme not in PORTS or not host or not bare:
            raise ConfigurationError(
                "directory_address_wrong",
                Bilingual(
                    zh="目录服务器地址须形如 ldaps://dc1.hospital.example 。",
                    en="A directory server's address is like ldaps://dc1.hospital.example.",
                ),
                field="ldap.servers",
            )
        tls = parts.scheme == "ldaps"
        return cls(host, port or PORTS[parts.scheme], tls, start_tls and not tls)

    @property
    def is_encrypted(self) -> bool:
        """Whether passwords travel encrypted."""
        return self.tls or self.start_tls


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An entry, its attributes as bytes, by lower-case name."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]] = field(repr=False)

    def texts(self, name: str) -> tuple[str, ...]:
        """An attribute's values that are text."""
        found = []
        for value in self.attributes.get(name.lower(), ()):
            try:
                found.append(value.decode("utf-8"))
            except UnicodeDecodeError:
                continue
        return tuple(found)

    def text(self, name: str) -> str | None:
        """An attribute's first text, ``None`` when there is none."""
        return next((text.strip() for text in self.texts(name) if text.strip()), None)


class _VerifiedTls(ldap3.Tls):  # type: ignore[misc]
    """TLS that checks certificate and host name by the standard library; ldap3's own check of the
    name uses a function that Python has withdrawn."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        """Adds TLS to the connection's socket."""
        connection.socket = self._context.wrap_socket(
            connection.socket, server_hostname=connection.server.host
        )


class DirectoryConnection:
    """A connection that is open; made by ``connected``."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def bind(self, dn: str, password: str) -> bool:
        """Whether the server takes this name and password.

        An empty password is never sent: to a directory it means "nobody", which always succeeds.

        Raises:
            DirectoryError: when the server did not answer, or with something else than yes or no.
        """
        if not dn or not password:
            return False
        try:
            self._connection.rebind(user=dn, password=password, authentication=ldap3.SIMPLE)
        except LDAPException as error:
            raise DirectoryError(type(error).__name__) from None
        code = self._code()
        if code == SUCCESS:
            return True
        if code in REFUSED_BINDS or code == NO_SUCH_OBJECT:
            return False
        raise DirectoryError(f"bind {code}")

    def search(
        self, base: str, query: str, attributes: Sequence[str], *, most: int
    ) -> list[DirectoryEntry]:
        """Entries under ``base`` that the filter finds, one more than ``most`` at the most.

        Raises:
            DirectoryError: as ``bind``.
        """
        try:
            self._connection.search(
                base, query, ldap3.SUBTREE, attributes=list(attributes), size_limit=most + 1
            )
        except LDAPException as error:
            raise DirectoryError(type(error).__name__) from None
        if self._code() == NO_SUCH_OBJECT:
            return []
        if self._code() not in (SUCCESS, SIZE_LIMIT_EXCEEDED):
            raise DirectoryError(f"search {self._code()}")
        return [
            DirectoryEntry(
                str(found["dn"]),
                {name.lower(): values for name, values in found["raw_attributes"].items()},
            )
            for found in self._connection.response or ()
            if found.get("type") == "searchResEntry"
        ]

    def _code(self) -> int:
        return int((self._connection.result or {}).get("result", -1))


@contextmanager
def connected(
    server: DirectoryServer, context: ssl.SSLContext, step_s: int
) -> Iterator[DirectoryConnection]:
    """A connection to one server for as long as the block lasts, TLS begun where it is wanted.

    Args:
        step_s: longest time for the connection and for each answer, in whole seconds.

    Raises:
        DirectoryError: it cannot be reached, or its certificate is not the hospital's.
    """
    there = ldap3.Server(
        server.host,
        port=server.port,
        use_ssl=server.tls,
        tls=_VerifiedTls(context),
        connect_timeout=step_s,
        get_info=ldap3.NONE,
    )
    connection = ldap3.Connection(
        there,
        receive_timeout=step_s,
        auto_referrals=False,
        read_only=True,
        check_names=False,
        raise_exceptions=False,
    )
    try:
        try:
            connection.open(read_server_info=False)
            if server.start_tls:
                connection.start_tls(read_server_info=False)
        except (LDAPException, OSError) as error:
            raise DirectoryError(type(error).__name__) from None
        yield DirectoryConnection(connection)
    finally:
        # The server may have gone away first.
        with contextlib.suppress(LDAPException, OSError):
            connection.unbind()
        # ldap3 forgets to close one that could not be opened.
        if connection.socket is not None:
            connection.socket.close()


def certificates(ca_file: Path | None) -> ssl.SSLContext:
    """What a server's certificate is checked against.

    Raises:
        ConfigurationError: ``directory_ca_unreadable``.
    """
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError):
        raise ConfigurationError(
            "directory_ca_unreadable",
            Bilingual(
                zh="无法读取目录服务的证书颁发机构文件。",
                en="The certificate authority's file of the directory cannot be read.",
            ),
            field="ldap.ca_file",
        ) from None
