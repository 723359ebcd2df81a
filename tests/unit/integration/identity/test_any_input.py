"""Whatever is typed or sent: a filter stays one comparison, a token is refused, nothing crashes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.errors import AuthenticationError, ConfigurationError
from suwen.integration.identity.directory_connection import DirectoryServer, escape_filter_chars
from suwen.integration.identity.directory_groups import in_chain_filter, normalised
from suwen.integration.identity.issuer_http import origin_of
from suwen.integration.identity.token_checks import ProviderKeys, TokenChecks

# ldap3 leaves blanks around a value out; no name that we search for begins or ends with one.
NAMES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60).map(str.strip)


class Clock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)


async def no_keys() -> Mapping[str, Any]:
    return {"keys": []}


def comparisons(query: str) -> list[tuple[str, bytes]]:
    """What a filter compares, as ldap3 sends it."""
    from ldap3.operation.search import parse_filter
    from ldap3.protocol.convert import prepare_filter_for_sending

    tree = parse_filter(query, None, True, True, None, False)
    [only] = tree.elements
    sent = prepare_filter_for_sending(only.assertion["value"])
    return [(only.assertion["attr"], bytes(sent))]


@given(NAMES)
def test_a_name_is_one_value_of_one_comparison(name: str) -> None:
    query = f"(uid={escape_filter_chars(name)})"
    assert not set(query[5:-1]) & set("*()\0")
    if name:
        assert comparisons(query) == [("uid", name.encode())]


@given(NAMES)
def test_the_chain_filter_holds_one_value_too(name: str) -> None:
    inner = in_chain_filter(name).removeprefix("(member:1.2.840.113556.1.4.1941:=")
    assert not set(inner[:-1]) & set("*()\0")


@given(st.text(max_size=80))
def test_any_text_has_a_form_to_compare(text: str) -> None:
    assert normalised(text) == normalised(text)


@given(st.one_of(st.text(max_size=200), st.integers(), st.none(), st.binary(max_size=50)))
async def test_any_token_is_refused_as_one(raw: object) -> None:
    clock = Clock()
    keys = ProviderKeys(no_keys, clock)
    checks = TokenChecks("https://x", "suwen", keys, clock, timedelta(0))
    with pytest.raises(AuthenticationError):
        await checks.id_token(raw, nonce="n")
    with pytest.raises(AuthenticationError):
        await checks.logout_token(raw)


@given(st.text(max_size=80))
def test_any_address_is_taken_or_refused(text: str) -> None:
    for wanted in (text, f"https://{text}", f"ldaps://{text}"):
        try:
            assert origin_of(wanted)[0] in ("http", "https")
        except ConfigurationError as error:
            assert error.code == "issuer_address_wrong"
        try:
            assert DirectoryServer.at(wanted, start_tls=False).host
        except ConfigurationError as error:
            assert error.code == "directory_address_wrong"
