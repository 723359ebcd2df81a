"""A hospital's database as views that are read page by page; blocking, for one thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    column,
    create_engine,
    event,
    false,
    func,
    inspect,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy import types as sql
from sqlalchemy.pool import NullPool

from suwen.core.errors import SuwenError
from suwen.core.row_mapping import RowSource, ViewPlace
from suwen.integration.sqlviews.columns import check_cells, check_columns
from suwen.integration.sqlviews.dialects import DIALECTS, begin_reading, checked_url
from suwen.integration.sqlviews.positions import Mark, Position
from suwen.integration.sqlviews.problems import is_of_driver, translated
from suwen.integration.sqlviews.select_only import require_select

_UNTYPED = sql.NullType()


class Views:
    """The views of one database, over one connection that is opened when it is needed.

    For one thread at a time; only ``interrupt`` may be called from another.

    Args:
        address: of the database, with account and password.
        timeout_s: longest that one query may take, in seconds.
        sources: all sources of the mapping.

    Raises:
        ConfigurationError: ``database_address_wrong``, ``database_kind_unknown`` or
            ``database_driver_missing``.
    """

    def __init__(self, address: str, timeout_s: int, sources: Sequence[RowSource]) -> None:
        url = checked_url(address)
        self._dialect = DIALECTS[url.get_backend_name()]
        self._sources = sources
        statements = self._dialect.at_open(timeout_s)
        session = frozenset({*statements, *self._dialect.at_begin, self._dialect.proof or ""})
        with _told():
            self._engine = create_engine(
                url,
                poolclass=NullPool,
                hide_parameters=True,
                connect_args=dict(self._dialect.arguments(timeout_s)),
            )
        self._connection: Connection | None = None
        self._timeout_s = timeout_s

        @event.listens_for(self._engine, "before_cursor_execute")
        def _only_reading(_c: Any, _u: Any, statement: str, *_rest: Any) -> None:
            require_select(statement, session)

        @event.listens_for(self._engine, "connect")
        def _prepare(opened: Any, _record: Any) -> None:
            _bound_calls(opened, timeout_s)
            cursor = opened.cursor()
            for statement in statements:
                cursor.execute(statement)
            cursor.close()

    def check(self, source: RowSource) -> None:
        """Compares the columns of a source's view with the mapping.

        Raises:
            IntegrationError: ``view_changed`` with the exact column, ``view_missing`` …
            UnavailableError: ``source_unavailable``, ``source_timed_out``.
        """
        with self._reading() as connection:
            found = _columns(connection, _place(source))
        check_columns(source, found, self._known(source))

    def read(
        self, source: RowSource, start: Mark | None, behind: Position | None, limit: int
    ) -> list[tuple[Any, ...]]:
        """The next rows of a source in the order of watermark and key, cells as they are declared.

        Args:
            start: lowest watermark that is wanted; ``None`` for all.
            behind: the row after which the page begins.
            limit: most rows.

        Raises:
            IntegrationError: ``view_changed`` when a cell is not of its declared type.
            UnavailableError: as ``check``.
        """
        with self._reading() as connection:
            query = page_query(source, start, behind, limit)
            rows = [tuple(row) for row in connection.execute(query)]
        check_cells(source, rows)
        return rows

    def count_unreadable(self, source: RowSource) -> int:
        """Rows without a key or without a watermark, which no page holds.

        Raises:
            SuwenError: as ``read``.
        """
        rows = _from(source)
        query = select(func.count()).select_from(rows).where(~_readable(source))
        with self._reading() as connection:
            return int(connection.execute(query).scalar_one())

    def has_repeated_key(self, source: RowSource) -> bool:
        """Whether two rows have the same key.

        Raises:
            SuwenError: as ``read``.
        """
        key = [_cell(name) for name in source.key]
        several: Select[Any] = (
            select(literal_column("1"))
            .select_from(_from(source))
            .where(_readable(source))
            .group_by(*key)
            .having(func.count() > 1)
            .limit(1)
        )
        with self._reading() as connection:
            return connection.execute(several).first() is not None

    def interrupt(self) -> None:
        """Ends the query in hand, from another thread, where the driver can."""
        connection = self._connection
        if connection is None:
            return
        with contextlib.suppress(Exception):
            driver = connection.connection.dbapi_connection
            cancel = getattr(driver, "cancel", None) or getattr(driver, "interrupt", None)
            if cancel is not None:
                cancel()

    def close(self) -> None:
        """Closes the connection, whatever its state."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()
        self._engine.dispose()

    def _known(self, source: RowSource) -> frozenset[str]:
        """Columns of the same view that some source reads, or knowingly does not."""
        known: set[str] = set()
        for other in self._sources:
            mine, theirs = _place(source), _place(other)
            if (mine.view, mine.query) == (theirs.view, theirs.query):
                known |= other.columns.keys() | other.ignored
        return frozenset(known)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One read-only transaction; after a failure the connection is made anew."""
        try:
            with _told():
                if self._connection is None:
                    self._connection = self._engine.connect()
                with self._connection.begin():
                    begin_reading(self._connection, self._dialect)
                    yield self._connection
        except BaseException:
            self.close()
            raise


@contextmanager
def _told() -> Iterator[None]:
    """Errors of a driver become ours, without what the driver said."""
    try:
        yield
    except SuwenError:
        raise
    except Exception as error:
        if not is_of_driver(error):
            raise
        raise translated(error) from None


def page_query(
    source: RowSource, start: Mark | None, behind: Position | None, limit: int
) -> Select[Any]:
    """The SELECT of one page: what lies behind a row, in the order of watermark and key."""
    place = _place(source)
    key = [_cell(name) for name in source.key]
    wanted: list[ColumnElement[bool]] = [_readable(source)]
    order = key
    if place.watermark is not None:
        mark = _cell(place.watermark)
        order = [mark, *key]
        if start is not None and behind is None:
            wanted.append(mark >= _value(start))
    if behind is not None:
        last = (behind.mark, *behind.key) if place.watermark is not None else behind.key
        wanted.append(_behind(order, last))
    columns = [_cell(name) for name in source.columns]
    return select(*columns).select_from(_from(source)).where(*wanted).order_by(*order).limit(limit)


def _behind(order: Sequence[ColumnElement[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Greater than a row in lexical order, written out: not every database compares rows."""
    found: ColumnElement[bool] = false()
    for position in reversed(range(len(order))):
        cell, value = order[position], _value(last[position])
        found = or_(cell > value, and_(cell == value, found))
    return found


def _readable(source: RowSource) -> ColumnElement[bool]:
    place = _place(source)
    names = [*source.key] if place.watermark is None else [place.watermark, *source.key]
    return and_(*(_cell(name).is_not(None) for name in names))


def _from(source: RowSource) -> FromClause:
    place = _place(source)
    columns: list[ColumnClause[Any]] = [column(name) for name in source.columns]
    if place.view is not None:
        schema, _, name = place.view.rpartition(".")
        return table(name, *columns, schema=schema or None)
    # A colon is no parameter here.
    query = (place.query or "").strip().rstrip(";").replace(":", r"\:")
    return text(query).columns(*columns).subquery("suwen_rows")


def _columns(connection: Connection, place: ViewPlace) -> dict[str, sql.TypeEngine[Any]]:
    if place.view is not None:
        schema, _, name = place.view.rpartition(".")
        found = inspect(connection).get_columns(name, schema=schema or None)
        return {str(one["name"]): one["type"] for one in found}
    query = (place.query or "").strip().rstrip(";").replace(":", r"\:")
    nothing = text(f"SELECT * FROM ({query}) suwen_rows WHERE 1 = 0")  # noqa: S608 - is_select
    return dict.fromkeys(connection.execute(nothing).keys(), _UNTYPED)


def _place(source: RowSource) -> ViewPlace:
    if not isinstance(source.place, ViewPlace):
        raise TypeError("a source of files was given to the reader of views")
    return source.place


def _cell(name: str) -> ColumnElement[Any]:
    return column(name)


def _value(value: Any) -> ColumnElement[Any]:
    """A parameter without a declared type, so that the database takes the column's."""
    return bindparam(None, value, type_=_UNTYPED)


def _bound_calls(opened: Any, timeout_s: int) -> None:
    """Longest call to the server, where the driver holds that and not the database."""
    for name, value in (("call_timeout", timeout_s * 1000), ("timeout", timeout_s)):
        if hasattr(opened, name) and not callable(getattr(opened, name)):
            with contextlib.suppress(Exception):
                setattr(opened, name, value)
                return
