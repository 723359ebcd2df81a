"""Signs a PDF with the hospital's certificate, so that any tool for PDF signatures verifies it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Final

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

FIELD: Final = "Signature"


@dataclass(frozen=True, slots=True)
class SigningPair:
    """A certificate with its chain, and the key that belongs to it, as PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


def sign_pdf(content: bytes, pair: SigningPair, reason: str, place: str) -> bytes:
    """The PDF with a certifying signature over all of it; no later change is allowed.

    Takes about 0.1 s of processor time; callers on an event loop use a thread.

    Args:
        reason: why it is signed, for example what it publishes.
        place: where, for example the hospital's name.

    Raises:
        ConfigurationError: ``certificate_unusable`` when key and certificate cannot sign.
    """
    # Loaded here: only who publishes waits for it.
    from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko.sign.fields import MDPPerm
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    try:
        chain = list(load_certs_from_pemder_data(pair.certificate))
        private = load_private_key_from_pemder_data(pair.key, None)
        # The library leaves this one method without types.
        store = SimpleCertificateStore.from_certs(chain[1:])  # type: ignore[no-untyped-call]
        signer = signers.SimpleSigner(chain[0], private, store)
        meta = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            reason=reason,
            location=place,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
        )
        signed = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(content)), meta, signer)
    except (ValueError, TypeError, IndexError) as error:
        raise unusable() from error
    return bytes(signed.getvalue())


def unusable() -> ConfigurationError:
    """What is told where key and certificate cannot sign."""
    return ConfigurationError(
        "certificate_unusable",
        Bilingual(
            "签名证书或其私钥无法使用，请检查或重新导入。",
            "The signing certificate or its key cannot be used; check them or import others.",
        ),
    )
