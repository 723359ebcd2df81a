"""Each check of a token refuses what it is for, and lets the right token pass."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from suwen.core.errors import AuthenticationError
from suwen.integration.identity.token_checks import (
    LOGOUT_EVENT,
    REFETCH_AFTER,
    ProviderKeys,
    TokenChecks,
)

ISSUER = "https://sso.hospital.example"
CLIENT = "suwen"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
NONCE = "nonce-of-this-request"
SKEW = timedelta(seconds=60)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class Published:
    """Keys that a provider publishes, counted when they are fetched."""

    def __init__(self, *keys: Any) -> None:
        self.keys = list(keys)
        self.fetched = 0

    async def fetch(self) -> Mapping[str, Any]:
        self.fetched += 1
        return {"keys": [k if isinstance(k, dict) else k.as_dict(private=False) for k in self.keys]}


def rsa(kid: str | None = "one") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid} if kid else None)


KEY = rsa()
PUBLISHED = Published(KEY)


def claims(**changes: Any) -> dict[str, Any]:
    """The right claims, changed; ``None`` leaves one out."""
    right = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "subject-1",
        "nonce": NONCE,
        "iat": AT,
        "exp": AT + 300,
        **changes,
    }
    return {name: value for name, value in right.items() if value is not None}


def token(key: Any = KEY, header: Mapping[str, Any] | None = None, **changes: Any) -> str:
    stated = {"alg": "RS256", **({"kid": key.kid} if key.kid else {}), **(header or {})}
    return jwt.encode(stated, claims(**changes), key, algorithms=[stated["alg"]])


def checks(published: Published = PUBLISHED, clock: Clock | None = None) -> TokenChecks:
    clock = clock or Clock()
    return TokenChecks(ISSUER, CLIENT, ProviderKeys(published.fetch, clock), clock, SKEW)


async def failed_check(raw: object, **more: Any) -> str:
    with pytest.raises(AuthenticationError) as refused:
        await checks().id_token(raw, **{"nonce": NONCE, **more})
    assert refused.value.code == "id_token_refused"
    return str(refused.value.detail["check"])


def part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_the_right_token_tells_who_it_is() -> None:
    told = await checks().id_token(token(sid="session-1", name="林薇"), nonce=NONCE)
    assert (told.subject, told.session_id, told.claims["name"]) == (
        "subject-1",
        "session-1",
        "林薇",
    )


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"nonce": "of another request"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"iss": "https://sso.hospital.example/"}, "issuer"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another client"}, "audience"),
        ({"aud": ["another client"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": [CLIENT, "another"]}, "authorized_party"),
        ({"azp": "another"}, "authorized_party"),
        ({"exp": AT - 60}, "expiry"),
        ({"exp": None}, "expiry"),
        ({"exp": "tomorrow"}, "expiry"),
        ({"exp": True}, "expiry"),
        ({"iat": AT + 61}, "issued_at"),
        ({"iat": None}, "issued_at"),
        ({"nbf": AT + 61}, "not_before"),
        ({"nbf": "now"}, "not_before"),
        ({"sub": None}, "subject"),
        ({"sub": ""}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": "a\u0000b"}, "subject"),
        ({"events": {LOGOUT_EVENT: {}}}, "kind"),
    ],
)
async def test_a_token_that_is_wrong_in_one_thing_is_refused_for_it(
    changes: dict[str, Any], check: str
) -> None:
    assert await failed_check(token(**changes)) == check


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": AT - 59},
        {"iat": AT + 60},
        {"nbf": AT + 60},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"azp": CLIENT},
    ],
)
async def test_what_is_just_right_passes(changes: dict[str, Any]) -> None:
    assert (await checks().id_token(token(**changes), nonce=NONCE)).subject == "subject-1"


async def test_an_unsigned_token_is_refused() -> None:
    unsigned = f"{part({'alg': 'none'})}.{part(claims())}."
    assert await failed_check(unsigned) == "algorithm"


async def test_a_public_key_is_no_shared_secret() -> None:
    """Whoever signs by HMAC with the published key is not the provider."""
    public = KEY.as_pem(private=False)
    head = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(claims())}"
    mac = hmac.new(public, head.encode(), hashlib.sha256).digest()
    forged = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert await failed_check(forged) == "algorithm"


async def test_a_key_in_the_token_itself_proves_nothing() -> None:
    own = rsa("one")
    header = {"jwk": own.as_dict(private=False)}
    assert await failed_check(token(own, header)) == "signature"


async def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = token().split(".")
    assert await failed_check(f"{head}.{part(claims(sub='another'))}.{signature}") == "signature"


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "x",
        "a.b",
        "a.b.c",
        "..",
        f"{part({'alg': 'RS256'})}.x.y.z",
        "é.b.c",
        7,
        "." * 70_000,
    ],
)
async def test_what_is_no_token_is_refused(raw: object) -> None:
    assert await failed_check(raw) == "form"


async def test_a_critical_header_that_we_do_not_know_is_refused() -> None:
    head = part({"alg": "RS256", "kid": "one", "crit": ["exp"], "exp": 1})
    assert await failed_check(f"{head}.{part(claims())}.AA") == "algorithm"


@pytest.mark.parametrize(
    ("made", "algorithm"),
    [
        (lambda: rsa("k"), "PS256"),
        (lambda: ECKey.generate_key("P-256", {"kid": "k"}), "ES256"),
        (lambda: ECKey.generate_key("P-384", {"kid": "k"}), "ES384"),
        (lambda: OKPKey.generate_key("Ed25519", {"kid": "k"}), "Ed25519"),
    ],
)
async def test_other_asymmetric_signatures_are_accepted(
    made: Callable[[], Any], algorithm: str
) -> None:
    key = made()
    raw = token(key, {"alg": algorithm})
    assert (await checks(Published(key)).id_token(raw, nonce=NONCE)).subject == "subject-1"


async def test_one_key_that_cannot_be_read_leaves_the_others() -> None:
    strange = [
        {"kty": "RSA", "kid": "x"},
        {"kty": "AKP", "kid": "y"},
        {"kty": "oct", "k": "AA"},
        {},
    ]
    published = Published(*strange, {**KEY.as_dict(private=False), "use": "sig"})
    assert await checks(published).id_token(token(), nonce=NONCE)


async def test_a_key_for_encryption_signs_nothing() -> None:
    published = Published({**KEY.as_dict(private=False), "use": "enc"})
    with pytest.raises(AuthenticationError) as refused:
        await checks(published).id_token(token(), nonce=NONCE)
    assert refused.value.detail["check"] == "key"


async def test_a_new_key_is_fetched_once_and_not_for_every_stranger() -> None:
    clock, published = Clock(), Published(KEY)
    checker = checks(published, clock)
    assert await checker.id_token(token(), nonce=NONCE)
    new = rsa("two")
    published.keys = [new]
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            await checker.id_token(token(rsa("unknown")), nonce=NONCE)
    assert published.fetched == 1
    clock.at += REFETCH_AFTER
    assert await checker.id_token(token(new), nonce=NONCE)
    assert published.fetched == 2


async def test_a_new_key_under_the_old_name_is_fetched_too() -> None:
    clock, published = Clock(), Published(KEY)
    checker = checks(published, clock)
    assert await checker.id_token(token(), nonce=NONCE)
    new = rsa("one")
    published.keys = [new]
    clock.at += REFETCH_AFTER
    assert await checker.id_token(token(new), nonce=NONCE)


async def test_the_access_token_must_be_the_one_that_came_with_it() -> None:
    digest = hashlib.sha256(b"the access token").digest()[:16]
    half = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    raw = token(at_hash=half)
    assert await checks().id_token(raw, nonce=NONCE, access_token="the access token")
    assert await failed_check(raw, access_token="another") == "access_token_hash"


@pytest.mark.parametrize(
    ("auth_time", "check"),
    [(AT - 120, "authentication_time"), (None, "authentication_time"), (AT - 60, None), (AT, None)],
)
async def test_a_proof_wants_a_fresh_sign_in(auth_time: int | None, check: str | None) -> None:
    raw = token(auth_time=auth_time)
    if check is not None:
        assert await failed_check(raw, signed_in_since=NOW) == check
    else:
        assert await checks().id_token(raw, nonce=NONCE, signed_in_since=NOW)


def logout(**changes: Any) -> str:
    right = {"nonce": None, "events": {LOGOUT_EVENT: {}}, "jti": "logout-1", "sid": "s", **changes}
    return token(header={"typ": "logout+jwt"}, **right)


async def test_the_right_logout_names_the_session() -> None:
    told = await checks().logout_token(logout())
    assert (told.subject, told.session_id, told.token_id) == ("subject-1", "s", "logout-1")


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"events": None}, "kind"),
        ({"events": {}}, "kind"),
        ({"events": {LOGOUT_EVENT: True}}, "kind"),
        ({"nonce": NONCE}, "nonce"),
        ({"jti": None}, "token_id"),
        ({"sub": None, "sid": None}, "subject"),
        ({"aud": "another"}, "audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"exp": AT - 60}, "expiry"),
        ({"exp": None, "iat": AT - 361}, "expiry"),
    ],
)
async def test_another_logout_ends_nothing(changes: dict[str, Any], check: str) -> None:
    with pytest.raises(AuthenticationError) as refused:
        await checks().logout_token(logout(**changes))
    assert refused.value.detail["check"] == check


async def test_a_sign_in_is_no_logout_and_a_logout_no_sign_in() -> None:
    with pytest.raises(AuthenticationError):
        await checks().logout_token(token())
    assert await failed_check(logout(nonce=NONCE)) == "kind"
