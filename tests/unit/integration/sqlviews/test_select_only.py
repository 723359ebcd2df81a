"""Only one SELECT may be sent to a hospital's database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.errors import IntegrationError
from suwen.integration.sqlviews.select_only import is_select, require_select

SELECTS = [
    "SELECT 1",
    "  (select a from b)",
    "WITH x AS (SELECT 1) SELECT * FROM x",
    "SELECT 'DELETE; DROP' AS a FROM b -- delete it",
    'SELECT "update" FROM b /* INSERT */',
    "SELECT update_time, deleted FROM his.v_updates WHERE into_ward = 1;",
    "SELECT a::text, b FROM t WHERE c = ':x'",
]
OTHERS = [
    "UPDATE t SET a = 1",
    "SELECT 1; DELETE FROM t",
    "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
    "SELECT * INTO copy FROM t",
    "SELECT * FROM t FOR UPDATE",
    "SELECT * FROM t FOR SHARE",
    "SELECT nextval('s')",
    "SELECT pg_advisory_lock(1)",
    "SELECT dblink_exec('x')",
    "EXEC sp_who",
    "SELECT 1 /* never ends",
    "SELECT 'never ends",
    "SELECT 1 AS $$a$$; DROP TABLE t",
    "CALL p()",
    "BEGIN",
    "",
    "-- SELECT 1",
    "SELECT 1 /*! INTO OUTFILE 'x' */; DROP TABLE t",
]


@pytest.mark.parametrize("statement", SELECTS)
def test_a_select_is_one(statement: str) -> None:
    assert is_select(statement)
    require_select(statement)


@pytest.mark.parametrize("statement", OTHERS)
def test_nothing_else_is(statement: str) -> None:
    assert not is_select(statement)
    with pytest.raises(IntegrationError, match="statement_not_select"):
        require_select(statement)


def test_statements_of_the_session_are_sent_word_by_word() -> None:
    require_select("SET TRANSACTION READ ONLY", frozenset({"SET TRANSACTION READ ONLY"}))
    with pytest.raises(IntegrationError):
        require_select("SET TRANSACTION READ WRITE", frozenset({"SET TRANSACTION READ ONLY"}))


@given(st.text(max_size=60), st.sampled_from(["DELETE FROM t", "DROP TABLE t", "UPDATE t SET a=1"]))
def test_a_second_statement_is_never_let_through(before: str, writing: str) -> None:
    harmless = "".join(c for c in before if c.isalnum() or c in " ,.()=<>*")
    assert not is_select(f"SELECT {harmless}; {writing}")
