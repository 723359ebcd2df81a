"""Nothing but reading is ever sent to a hospital's database; this is the last look at it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from suwen.core.errors import IntegrationError
from suwen.core.language import Bilingual
from suwen.core.row_mapping import RowSource, ViewPlace

_QUIET = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/""", re.DOTALL
)
_OPEN = re.compile(r"""['"`]|/\*|\*/|\$[A-Za-z_0-9]*\$""")
_FIRST = re.compile(r"[\s(]*(SELECT|WITH)\b", re.IGNORECASE)
_CATALOGUE = re.compile(r"\s*(SHOW|DESCRIBE|PRAGMA\s+(?:main\.)?table_\w*info\b)", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(INSERT|UPDATE|DELETE|MERGE|REPLACE\s+INTO|INTO|UPSERT|TRUNCATE|CREATE|ALTER|DROP|RENAME"
    r"|GRANT|REVOKE|CALL|EXEC|EXECUTE|PERFORM|DO|COPY|LOAD|LOCK|VACUUM|ANALYZE|REINDEX|CLUSTER"
    r"|ATTACH|DETACH|FOR\s+(?:NO\s+KEY\s+|KEY\s+)?(?:UPDATE|SHARE)|COMMIT|ROLLBACK|SAVEPOINT"
    r"|NEXTVAL|SETVAL|LO_IMPORT|LO_EXPORT|DBLINK\w*|PG_TERMINATE_BACKEND|PG_CANCEL_BACKEND"
    r"|PG_ADVISORY\w*|XP_\w+|SP_\w+|DBMS_\w+|UTL_\w+|PG_READ_FILE|PG_READ_BINARY_FILE)\b",
    re.IGNORECASE,
)


def is_select(statement: str) -> bool:
    """Whether a statement is one SELECT that can change nothing, as far as its text tells.

    The read-only transaction and the account's grants are what holds; this refuses earlier and
    also where a database knows no read-only transaction.
    """
    bare = _bare(statement)
    if bare is None or not _FIRST.match(bare):
        return False
    return ";" not in bare.rstrip().rstrip(";") and not _WRITES.search(bare)


def require_select(statement: str, allowed: frozenset[str] = frozenset()) -> None:
    """Refuses a statement that is not one SELECT.

    Args:
        allowed: statements of the session itself, word by word.

    Raises:
        IntegrationError: ``statement_not_select``.
    """
    if statement in allowed or is_select(statement):
        return
    bare = _bare(statement)
    if bare is not None and _CATALOGUE.match(bare) and ";" not in bare:
        return
    raise _not_select(None)


def _bare(statement: str) -> str | None:
    """The statement without literals, quoted names and comments; ``None`` where one never ends."""
    bare = _QUIET.sub(" ", statement)
    return None if _OPEN.search(bare) else bare


def _not_select(source: str | None) -> IntegrationError:
    named = f"{source}: " if source else ""
    return IntegrationError(
        "statement_not_select",
        Bilingual(
            zh=f"{named}只允许一条 SELECT：对医院数据库只读，不发送其他语句。",
            en=f"{named}Only one SELECT is allowed: a hospital's database is read, nothing else is "
            "sent.",
        ),
        field=source,
    )


def require_queries(sources: Sequence[RowSource]) -> None:
    """Refuses a mapping of which a query is not one SELECT, before anything is sent.

    Raises:
        IntegrationError: ``statement_not_select`` with the source.
    """
    for source in sources:
        query = source.place.query if isinstance(source.place, ViewPlace) else None
        if query is not None and not is_select(query):
            raise _not_select(source.name)
