"""Claims are found by name or by path, and nothing but text is taken."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.integration.identity.claims import text_of, texts_of


@pytest.mark.parametrize(
    ("claims", "name", "found"),
    [
        ({"roles": ["a", " b ", 7, "", None]}, "roles", {"a", "b"}),
        ({"roles": "a"}, "roles", {"a"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"https://x.example/roles": ["a"]}, "https://x.example/roles", {"a"}),
        ({"realm_access": "a"}, "realm_access.roles", set()),
        ({}, "roles", set()),
        ({"roles": {"a": 1}}, "roles", set()),
    ],
)
def test_texts_of_a_claim(claims: dict[str, Any], name: str, found: set[str]) -> None:
    assert texts_of(claims, name) == found


@pytest.mark.parametrize(
    ("claims", "found"),
    [({"n": " 林 "}, "林"), ({"n": ""}, None), ({"n": 7}, None), ({}, None), ({"n": ["a"]}, None)],
)
def test_the_text_of_a_claim(claims: dict[str, Any], found: str | None) -> None:
    assert text_of(claims, "n") == found
    assert text_of(claims, None) is None
