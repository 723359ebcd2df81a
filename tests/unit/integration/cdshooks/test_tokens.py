"""Who may call: each protection of the token, with the token that passes beside it."""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from suwen.core.errors import AuthenticationError, ConfigurationError, UnavailableError
from suwen.core.language import Language
from suwen.integration.cdshooks.clients import ALGORITHMS, CdsClient, is_safe_address
from suwen.integration.cdshooks.key_sets import KeySets
from suwen.integration.cdshooks.tokens import ClientTokens, TokenRules, UsedTokens
from tests.support.cds_emr import BASE, ISSUER, Emr, address, ec_key, jwks, rsa_key

PATH = address("order-sign")


class SlowClock:
    """The machine's clock, moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def client(file: Path | None, url: str | None = None, **changes: Any) -> CdsClient:
    values: dict[str, Any] = {
        "name": "emr",
        "issuer": ISSUER,
        "key_file": file,
        "key_url": url,
        "stated_key_url": None,
        "algorithms": frozenset(ALGORITHMS),
        "fhir_server": None,
        "language": Language.ZH,
        "ceiling": 5,
        "smart_launch": False,
    }
    return CdsClient(**{**values, **changes})


@pytest.fixture
def clock() -> SlowClock:
    return SlowClock()


class Remembering:
    """What the database remembers, for tests that need none; pruned like there."""

    def __init__(self) -> None:
        self.ends: dict[tuple[str, str], datetime] = {}

    async def take(self, issuer: str, token_id: str, expires_at: datetime, *, at: datetime) -> bool:
        self.ends = {key: end for key, end in self.ends.items() if end > at}
        new = (issuer, token_id) not in self.ends
        self.ends.setdefault((issuer, token_id), expires_at)
        return new


def verifier(
    clock: SlowClock,
    *clients: CdsClient,
    keys: KeySets | None = None,
    used: UsedTokens | None = None,
) -> ClientTokens:
    rules = TokenRules(BASE, timedelta(seconds=5), timedelta(minutes=10))
    return ClientTokens(clients, rules, keys or KeySets(), used or Remembering(), clock.now)


async def refused(tested: ClientTokens, token: str | None, path: str = PATH) -> str:
    with pytest.raises(AuthenticationError) as caught:
        await tested.verify(token, path)
    return caught.value.code


@pytest.mark.parametrize(
    ("emr", "algorithm"),
    [
        (Emr(), "ES384"),
        (Emr(ec_key("p256", "P-256"), "ES256"), "ES256"),
        (Emr(rsa_key(), "RS384"), "RS384"),
        (Emr(rsa_key(), "PS512"), "PS512"),
        (Emr(OKPKey.generate_key("Ed25519", {"kid": "ed"}), "Ed25519"), "Ed25519"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_registered_key_signs_in(
    tmp_path: Path, clock: SlowClock, emr: Emr, algorithm: str
) -> None:
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    assert emr.algorithm == algorithm
    assert (await tested.verify(emr.token(PATH), PATH)).name == "emr"


async def test_a_token_counts_once(tmp_path: Path, clock: SlowClock) -> None:
    emr = Emr()
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    token = emr.token(PATH)
    await tested.verify(token, PATH)
    assert await refused(tested, token) == "cds_token_replayed"
    # The twin with a number of its own passes.
    await tested.verify(emr.token(PATH), PATH)


async def test_it_counts_once_for_every_process_until_it_has_expired(
    tmp_path: Path, clock: SlowClock
) -> None:
    emr, used = Emr(), Remembering()
    file = emr.key_file(tmp_path)
    token = emr.token(PATH)
    await verifier(clock, client(file), used=used).verify(token, PATH)
    another = verifier(clock, client(file), used=used)
    assert await refused(another, token) == "cds_token_replayed"
    [end] = used.ends.values()
    clock.ahead = end - datetime.now(UTC) + timedelta(milliseconds=100)
    assert await refused(another, token) == "cds_token_expired", "forgotten only when it is no use"


async def test_what_is_no_token_of_a_client_is_never_remembered(
    tmp_path: Path, clock: SlowClock
) -> None:
    emr, used = Emr(), Remembering()
    tested = verifier(clock, client(emr.key_file(tmp_path)), used=used)
    await refused(tested, Emr(ec_key("ec-1")).token(PATH))
    await refused(tested, emr.token(address("order-select")))
    await refused(tested, emr.token(PATH, jti="a\x00b"))
    assert not used.ends
    await tested.verify(emr.token(PATH), PATH)
    assert len(used.ends) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": BASE + "/cds-services/order-select"}, "cds_audience_wrong"),
        ({"aud": "https://elsewhere.test" + PATH}, "cds_audience_wrong"),
        ({"aud": BASE}, "cds_audience_wrong"),
        ({"aud": None}, "cds_audience_wrong"),
        ({"aud": [BASE + "/x", 5]}, "cds_audience_wrong"),
        ({"iss": "https://other.test"}, "cds_issuer_unknown"),
        ({"iss": None}, "cds_issuer_unknown"),
        ({"iss": ["https://emr.test/oauth"]}, "cds_issuer_unknown"),
        ({"jti": None}, "cds_token_malformed"),
        ({"jti": ""}, "cds_token_malformed"),
        ({"jti": 7}, "cds_token_malformed"),
        ({"jti": "x" * 300}, "cds_token_malformed"),
        ({"iat": None}, "cds_token_malformed"),
        ({"exp": None}, "cds_token_malformed"),
        ({"exp": "tomorrow"}, "cds_token_malformed"),
        ({"exp": True}, "cds_token_malformed"),
        ({"exp": -1}, "cds_token_malformed"),
        ({"exp": 10}, "cds_token_expired"),
        ({"exp": 2**39}, "cds_token_too_long"),
    ],
)
async def test_a_claim_that_is_wrong(
    tmp_path: Path, clock: SlowClock, changes: dict[str, Any], code: str
) -> None:
    emr = Emr()
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    assert await refused(tested, emr.token(PATH, **changes)) == code


async def test_an_audience_among_several(tmp_path: Path, clock: SlowClock) -> None:
    emr = Emr()
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    await tested.verify(emr.token(PATH, aud=["https://other.test", BASE + PATH]), PATH)


async def test_times_have_a_little_leeway(tmp_path: Path, clock: SlowClock) -> None:
    emr = Emr()
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    now = int(clock.now().timestamp())
    early = emr.token(PATH, iat=now + 60, exp=now + 120)
    assert await refused(tested, early) == "cds_token_early"
    assert await refused(tested, emr.token(PATH, nbf=now + 60)) == "cds_token_early"
    token = emr.token(PATH, iat=now + 5, exp=now + 10)
    clock.ahead = timedelta(seconds=14)
    await tested.verify(token, PATH)
    late = emr.token(PATH, iat=now + 6, exp=now + 10)
    clock.ahead = timedelta(seconds=17)
    assert await refused(tested, late) == "cds_token_expired"


@pytest.mark.parametrize(
    "token", [None, "", "x", "a.b", "a.b.c", "....", "é.é.é", "e30.e30.", "W10.W10.x", "x" * 9000]
)
async def test_what_is_no_token(tmp_path: Path, clock: SlowClock, token: str | None) -> None:
    tested = verifier(clock, client(Emr().key_file(tmp_path)))
    code = await refused(tested, token)
    assert code in ("cds_token_missing", "cds_token_malformed", "cds_issuer_unknown")


def _unsigned(claims: dict[str, Any], header: dict[str, Any], signature: str = "") -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims)}.{signature}"


async def test_no_signature_and_a_shared_secret_are_refused(
    tmp_path: Path, clock: SlowClock
) -> None:
    emr = Emr()
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    claims = emr.claims(PATH)
    for algorithm in ("none", "None", "HS256", "HS384", "RS256"):
        header = {"alg": algorithm, "typ": "JWT", "kid": emr.key.kid}
        assert await refused(tested, _unsigned(claims, header)) == "cds_algorithm_refused"
    # The public key as the secret of a symmetric signature: the classic confusion.
    unsigned = _unsigned(claims, {"alg": "HS384", "typ": "JWT", "kid": emr.key.kid}).rstrip(".")
    secret = emr.key.as_pem(private=False)
    digest = hmac.digest(secret, unsigned.encode(), "sha384")
    forged = f"{unsigned}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
    assert await refused(tested, forged) == "cds_algorithm_refused"


async def test_an_algorithm_that_is_not_registered(tmp_path: Path, clock: SlowClock) -> None:
    emr = Emr(rsa_key(), "RS384")
    only = client(emr.key_file(tmp_path), algorithms=frozenset({"ES384"}))
    assert await refused(verifier(clock, only), emr.token(PATH)) == "cds_algorithm_refused"


async def test_a_curve_that_does_not_belong_to_the_algorithm(
    tmp_path: Path, clock: SlowClock
) -> None:
    honest = Emr(ec_key("k", "P-256"), "ES256")
    tested = verifier(clock, client(honest.key_file(tmp_path)))
    header = {"alg": "ES384", "typ": "JWT", "kid": "k"}
    token = _unsigned(honest.claims(PATH), header, "AAAA")
    assert await refused(tested, token) == "cds_signature_wrong"


async def test_another_key_an_altered_claim_and_a_key_in_the_header(
    tmp_path: Path, clock: SlowClock
) -> None:
    emr, thief = Emr(), Emr(ec_key("ec-1"))
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    assert await refused(tested, thief.token(PATH)) == "cds_signature_wrong"
    thief.header = {"jwk": thief.key.as_dict(private=False)}
    assert await refused(tested, thief.token(PATH)) == "cds_signature_wrong"
    header, _, signature = emr.token(PATH).split(".")
    altered = _unsigned(emr.claims(PATH, tenant="other"), {"alg": "ES384"}).split(".")[1]
    assert await refused(tested, f"{header}.{altered}.{signature}") == "cds_signature_wrong"
    stranger = Emr(ec_key("unknown"))
    assert await refused(tested, stranger.token(PATH)) == "cds_key_unknown"


async def test_a_stated_key_address_must_be_the_registered_one(
    tmp_path: Path, clock: SlowClock
) -> None:
    emr = Emr(header={"jku": "https://emr.test/keys"})
    file = emr.key_file(tmp_path)
    assert await refused(verifier(clock, client(file)), emr.token(PATH)) == "cds_key_unknown"
    known = client(file, stated_key_url="https://emr.test/keys")
    await verifier(clock, known).verify(emr.token(PATH), PATH)
    elsewhere = client(file, stated_key_url="https://emr.test/other")
    assert await refused(verifier(clock, elsewhere), emr.token(PATH)) == "cds_key_unknown"


@pytest.mark.parametrize("header", [{"typ": "JOSE"}, {"typ": "at+jwt"}, {"kid": None}, {"kid": ""}])
async def test_a_header_that_is_wrong(
    tmp_path: Path, clock: SlowClock, header: dict[str, Any]
) -> None:
    emr = Emr(header=header)
    tested = verifier(clock, client(emr.key_file(tmp_path)))
    assert await refused(tested, emr.token(PATH)) == "cds_token_malformed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": [5]}',
        '{"keys": [{"kty": "EC"}]}',
        '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}]}',
        jwks(ec_key(), private=True),
        jwks(ec_key("same"), ec_key("same")),
        json.dumps({"keys": [{"kty": "RSA", "kid": "weak", "e": "AQAB", "n": "x" * 171}]}),
        "{" * 3000,
    ],
    ids=range(11),
)
async def test_a_key_set_that_cannot_be_used(tmp_path: Path, clock: SlowClock, text: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(text, encoding="utf-8")
    tested = verifier(clock, client(file))
    if text in ('{"keys": [5]}',):
        assert await refused(tested, Emr().token(PATH)) == "cds_key_unknown"
        return
    with pytest.raises(ConfigurationError) as caught:
        await tested.verify(Emr().token(PATH), PATH)
    assert caught.value.code == "cds_keys_unusable"


async def test_a_key_file_that_changed_is_read_again(tmp_path: Path, clock: SlowClock) -> None:
    emr, later = Emr(), Emr(ec_key("ec-2"))
    file = emr.key_file(tmp_path)
    seconds = [0.0]
    keys = KeySets(lambda: seconds[0])
    tested = verifier(clock, client(file), keys=keys)
    await tested.verify(emr.token(PATH), PATH)
    file.write_text(jwks(later.key), encoding="utf-8")
    os.utime(file, (1, 1))
    seconds[0] = 10.0
    await tested.verify(later.token(PATH), PATH)
    assert await refused(tested, emr.token(PATH)) == "cds_key_unknown"


class KeyServer:
    """Serves a key set that may change."""

    def __init__(self) -> None:
        self.text, self.status, self.asked = "", 200, 0
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.asked += 1
                self.send_response(served.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(served.text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.close()


async def test_keys_from_an_address_are_kept_renewed_and_outlive_a_failure(
    clock: SlowClock, key_server: KeyServer
) -> None:
    emr, later = Emr(), Emr(ec_key("ec-2"))
    key_server.text = jwks(emr.key)
    seconds = [0.0]
    keys = KeySets(lambda: seconds[0])
    tested = verifier(clock, client(None, key_server.url), keys=keys)
    await tested.verify(emr.token(PATH), PATH)
    await tested.verify(emr.token(PATH), PATH)
    assert key_server.asked == 1
    # A key that is not known makes it ask again, yet not for each guess.
    assert await refused(tested, later.token(PATH)) == "cds_key_unknown"
    assert key_server.asked == 1
    key_server.text, seconds[0] = jwks(emr.key, later.key), 40.0
    await tested.verify(later.token(PATH), PATH)
    assert key_server.asked == 2
    # While the address fails, the keys that are held go on to count.
    key_server.status, seconds[0] = 500, 5000.0
    await tested.verify(emr.token(PATH), PATH)
    assert key_server.asked == 3


async def test_an_address_without_keys(clock: SlowClock, key_server: KeyServer) -> None:
    for key_server.status in (302, 404, 500):
        tested = verifier(clock, client(None, key_server.url))
        with pytest.raises(UnavailableError) as caught:
            await tested.verify(Emr().token(PATH), PATH)
        assert caught.value.code == "cds_keys_unreachable"


@pytest.mark.parametrize(
    ("address_", "safe"),
    [
        ("https://emr.test/keys", True),
        ("http://127.0.0.1:8/keys", True),
        ("http://localhost/keys", True),
        ("http://emr.test/keys", False),
        ("http://10.0.0.1/keys", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("http://[", False),
    ],
)
def test_keys_come_over_tls_or_from_this_machine(address_: str, *, safe: bool) -> None:
    assert is_safe_address(address_) is safe
