"""The certificate that signs published sheets: made here, or the hospital's own.

It lies with the installation's secrets. One that is made here is signed by itself: it proves that
a file is unchanged and from this installation to whoever knows its fingerprint. A hospital with a
certificate of its own authority takes that one instead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suwen.core.errors import ConfigurationError, InputError
from suwen.core.language import Bilingual
from suwen.integration.exports.pdf_signature import SigningPair, unusable
from suwen.storage.secret_files import read_secret, secrets_folder, write_secret

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_FOLDER: Final = "disclosure"
_CERTIFICATE: Final = "certificate.pem"
_KEY: Final = "key.pem"
_LOCK: Final = "lock"
VALID: Final = timedelta(days=5 * 365)
"""How long a certificate that is made here is valid."""


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What people compare.

    Attributes:
        fingerprint: SHA-256 over the certificate, lower-case hexadecimal.
        made_here: whether it is signed by itself.
    """

    subject: str
    issuer: str
    fingerprint: str
    from_day: datetime
    until: datetime
    made_here: bool


class DisclosureCertificate:
    """The signing certificate of a state directory; made at its first use.

    Args:
        hospital: name that stands in a certificate that is made here.
    """

    def __init__(self, home: Path, hospital: str) -> None:
        self._folder = secrets_folder(home) / _FOLDER
        self._hospital = hospital

    def pair(self) -> SigningPair:
        """Certificate and key.

        Raises:
            ConfigurationError: ``secret_file_readable_by_others``, ``certificate_unusable``.
        """
        with self._exclusively():
            key = self._folder / _KEY
            if not key.exists():
                self._write(_made(self._hospital))
            pair = SigningPair((self._folder / _CERTIFICATE).read_bytes(), read_secret(key))
        _check(pair)
        return pair

    def facts(self) -> CertificateFacts:
        """What stands in the certificate; raises as ``pair``."""
        return _facts(_first(self.pair().certificate))

    def replace(self, certificate: bytes, key: bytes, passphrase: bytes | None) -> CertificateFacts:
        """Takes the hospital's own certificate, with its chain behind it; the former one is kept
        under its fingerprint, its key is destroyed.

        Args:
            passphrase: of the key, where it is sealed; it is kept without.

        Raises:
            InputError: ``certificate_wrong`` when the two do not belong together, or its time is
                over.
        """
        pair = SigningPair(certificate, _opened(key, passphrase))
        try:
            _check(pair)
            facts = _facts(_first(certificate))
        except (ConfigurationError, ValueError) as error:
            raise _wrong() from error
        if not facts.from_day <= datetime.now(UTC) < facts.until:
            raise _wrong()
        with self._exclusively():
            former = self._folder / _CERTIFICATE
            if former.exists():
                known = _facts(_first(former.read_bytes())).fingerprint
                write_secret(self._folder / f"{known}.pem", former.read_bytes())
            self._write(pair)
        return facts

    def _write(self, pair: SigningPair) -> None:
        # The certificate first: a key without it would be taken for the whole.
        write_secret(self._folder / _CERTIFICATE, pair.certificate)
        write_secret(self._folder / _KEY, pair.key)

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _made(hospital: str) -> SigningPair:
    """A certificate that is signed by its own key (ECDSA, P-256)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, hospital[:64]),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "suwen facts sheets"),
        ]
    )
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningPair(certificate.public_bytes(Encoding.PEM), private)


def _check(pair: SigningPair) -> None:
    """Whether the key belongs to the certificate.

    Raises:
        ConfigurationError: ``certificate_unusable``.
    """
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    try:
        certificate = _first(pair.certificate)
        private = load_pem_private_key(pair.key, None)
    except (ValueError, TypeError) as error:
        raise unusable() from error
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise unusable()


def _opened(key: bytes, passphrase: bytes | None) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    try:
        opened = load_pem_private_key(key, passphrase)
    except (ValueError, TypeError) as error:
        raise _wrong() from error
    return opened.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _first(certificate: bytes) -> Certificate:
    from cryptography.x509 import load_pem_x509_certificates

    return load_pem_x509_certificates(certificate)[0]


def _facts(certificate: Certificate) -> CertificateFacts:
    from cryptography.hazmat.primitives import hashes

    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        from_day=certificate.not_valid_before_utc,
        until=certificate.not_valid_after_utc,
        made_here=certificate.issuer == certificate.subject,
    )


def _wrong() -> InputError:
    return InputError(
        "certificate_wrong",
        Bilingual(
            "证书与私钥不匹配、已过期、尚未生效，或不是 PEM 格式。",
            "Certificate and key do not belong together, are out of their time, or are no PEM.",
        ),
        field="certificate",
    )
