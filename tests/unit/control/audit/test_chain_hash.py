"""The hash of an event is that of its canonical JSON, byte for byte."""

from __future__ import annotations

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from suwen.core.audit import AuditEntry, AuditOutcome, chain_content, chain_hash, content_hash

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
optional = st.none() | texts
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.integers(1, 2**62),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(
        AuditEntry,
        action=texts,
        actor=texts,
        channel=texts,
        outcome=st.sampled_from(AuditOutcome),
        subject=optional,
        patient=optional,
        app=optional,
        trace=optional,
        purpose=optional,
        detail=st.dictionaries(texts, values, max_size=4),
    ),
    texts,
)
def test_it_is_the_hash_of_the_canonical_content(sequence, at, entry, previous) -> None:  # type: ignore[no-untyped-def]
    expected = content_hash(chain_content(sequence, at, entry, previous))
    assert chain_hash(sequence, at, entry, previous) == expected
