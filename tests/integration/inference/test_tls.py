"""TLS to an engine is verified, with the system's authorities or the hospital's own."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from suwen.bootstrap.endpoint_settings import EndpointSettings
from suwen.bootstrap.platform import platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.errors import InferenceError
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.inference.advice import advice
from suwen.inference.client import OpenAiModel
from suwen.storage.urls import DatabaseUrls


def write_certificate(folder: Path, address: str) -> Path:
    """A self-signed certificate with its key, for one address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "engine")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{address}.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


async def models(request: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": "m"}]})


@pytest_asyncio.fixture(params=["127.0.0.1", "127.0.0.2"])
async def server(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[str, Path, bool]]:
    """Address, certificate, and whether the certificate is for that address."""
    certificate = write_certificate(tmp_path, request.param)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    app = web.Application()
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield (
        f"https://127.0.0.1:{runner.addresses[0][1]}/v1",
        certificate,
        request.param == "127.0.0.1",
    )
    await runner.cleanup()


async def test_only_a_certificate_of_a_known_authority_for_this_address_is_trusted(
    server: tuple[str, Path, bool],
) -> None:
    url, certificate, matches = server
    endpoint = Endpoint("e", url, "m", Partition.GENERAL, 5, frozenset(), 100, key="k")
    async with OpenAiModel(endpoint) as unaware:
        with pytest.raises(InferenceError) as raised:
            await unaware.served_models()
        assert raised.value.code == "engine_unreachable"
    async with OpenAiModel(endpoint, ca_file=certificate) as aware:
        if matches:
            assert await aware.served_models() == ("m",)
        else:
            with pytest.raises(InferenceError) as raised:
                await aware.served_models()
            assert raised.value.code == "engine_unreachable"


async def test_the_setting_of_the_hospital_reaches_its_engines(
    server: tuple[str, Path, bool], fresh_database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    url, certificate, matches = server
    endpoint = Endpoint("e", url, "m", Partition.GENERAL, 5, frozenset({"chat"}), 100)
    bare = read_settings(
        {
            "SUWEN_HOME": str(tmp_path / "home"),
            "SUWEN_AUDIT_ANCHOR": str(tmp_path / "anchor.jsonl"),
        }
    )
    own = bare.model_copy(update={"endpoints": EndpointSettings(ca_file=str(certificate))})
    for settings, trusted in ((bare, False), (own, matches)):
        async with platform_on(settings, fresh_database_urls) as platform:
            found = await platform.models.test(endpoint)
        assert found.reachable is trusted
        told = " ".join(text.en for text in advice(endpoint, found))
        assert ("ca_file" in told) is not trusted
