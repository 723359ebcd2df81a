"""What can go wrong with a hospital's database, without a word of what its driver said."""

from __future__ import annotations

from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    NoSuchTableError,
    OperationalError,
    SQLAlchemyError,
)

from suwen.core.errors import ConfigurationError, IntegrationError, SuwenError, UnavailableError
from suwen.core.language import Bilingual

_TIMED_OUT = ("57014",)
_NOT_ALLOWED = ("42501", "28000", "28P01")
_NO_SUCH = ("42P01", "42703", "3F000")
_READ_ONLY = ("25006",)


def drift(source: str, column: str, zh: str, en: str) -> IntegrationError:
    """The refusal to read a view whose columns are not what the mapping says.

    Args:
        source: name of the mapping's source.
        column: of the view; empty for the view itself.
    """
    field = f"{source}.{column}" if column else source
    return IntegrationError(
        "view_changed",
        Bilingual(zh=f"{field}：{zh}", en=f"{field}: {en}"),
        field=field,
        detail={"source": source, "column": column},
    )


def driver_missing(url_scheme: str) -> ConfigurationError:
    """The driver that an address asks for is not installed."""
    return ConfigurationError(
        "database_driver_missing",
        Bilingual(
            zh=f"未安装数据库驱动（{url_scheme}），请按说明安装该数据库的 Python 驱动。",
            en=f"The driver of {url_scheme} is not installed: install the database's Python "
            "driver as the guide says.",
        ),
        field="url",
    )


def is_of_driver(error: Exception) -> bool:
    """Whether a database or its driver raised this, and not a defect of ours."""
    if isinstance(error, SQLAlchemyError | ImportError | OSError):
        return True
    # PEP 249: every driver has a class Error of its own above all of its errors.
    return any(kind.__name__ == "Error" for kind in type(error).__mro__)


def translated(error: Exception) -> SuwenError:
    """The error of our tree that a driver's error means; its text may quote a row and is left."""
    if isinstance(error, NoSuchTableError):
        return _missing("")
    if isinstance(error, NoSuchModuleError | ImportError):
        return driver_missing("url")
    driver = getattr(error, "orig", error)
    state = str(getattr(driver, "sqlstate", "") or "")
    if state in _TIMED_OUT:
        return _timed_out(state)
    if state in _NOT_ALLOWED:
        return _denied(state)
    if state in _NO_SUCH:
        return _missing(state)
    if state in _READ_ONLY:
        return _would_write(state)
    lost = isinstance(error, OperationalError | InterfaceError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
    if lost or not isinstance(error, SQLAlchemyError):
        return _unavailable(state, type(driver).__name__)
    return IntegrationError(
        "source_refused",
        Bilingual(
            zh=f"来源数据库拒绝了查询（SQLSTATE {state or '未给出'}）。请核对视图与映射。",
            en=f"The source refused the query (SQLSTATE {state or 'not given'}). Check view and "
            "mapping.",
        ),
        detail={"sqlstate": state, "kind": type(driver).__name__},
    )


def _timed_out(state: str) -> UnavailableError:
    return UnavailableError(
        "source_timed_out",
        Bilingual(
            zh="来源数据库未在时限内答复，已中止该查询。请为水位列与主键建索引，或调大 timeout_s。",
            en="The source did not answer in time and the query was ended. Index the watermark "
            "and the key, or raise timeout_s.",
        ),
        detail={"sqlstate": state},
    )


def _denied(state: str) -> IntegrationError:
    return IntegrationError(
        "source_access_denied",
        Bilingual(
            zh="来源数据库不接受该账号，或账号无权读取视图。请核对账号与授权（只需 SELECT）。",
            en="The source does not take this account, or it may not read the view. Check the "
            "account and its grants (SELECT is enough).",
        ),
        detail={"sqlstate": state},
    )


def _would_write(state: str) -> IntegrationError:
    return IntegrationError(
        "source_would_write",
        Bilingual(
            zh="视图或查询试图写入来源数据库，已被只读事务拒绝。请改写该视图。",
            en="The view or query tried to write to the source and the read-only transaction "
            "refused it. Change the view.",
        ),
        detail={"sqlstate": state},
    )


def _unavailable(state: str, kind: str) -> UnavailableError:
    return UnavailableError(
        "source_unavailable",
        Bilingual(
            zh="无法连接来源数据库，稍后自动重试。请核对地址、端口与网络。",
            en="The source database cannot be reached; it is tried again by itself. Check "
            "address, port and network.",
        ),
        detail={"sqlstate": state, "kind": kind},
    )


def _missing(state: str) -> IntegrationError:
    return IntegrationError(
        "view_missing",
        Bilingual(
            zh="来源数据库中没有该视图（或该账号看不到它）。请核对 view 的模式名与名称。",
            en="The source has no such view, or the account cannot see it. Check schema and name.",
        ),
        detail={"sqlstate": state},
    )
