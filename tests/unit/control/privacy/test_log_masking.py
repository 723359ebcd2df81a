"""What reaches a log."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest

from suwen.control.privacy.log_masking import mask_logs, masked

SECRETS = ("13800138000", "11010519491231002X", "王小明", "zw@163.com")
SAID = "患者姓名：王小明 电话13800138000 身份证11010519491231002X zw@163.com"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    factory, hook = logging.getLogRecordFactory(), sys.excepthook
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("tests.masking")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger, written
    logger.removeHandler(handler)
    logging.setLogRecordFactory(factory)
    sys.excepthook = hook


def _log_all(logger: logging.Logger) -> None:
    logger.warning(SAID)
    logger.warning("row: %s", SAID)
    try:
        raise ValueError(SAID)
    except ValueError:
        logger.exception("could not: %(said)s", {"said": SAID}, stack_info=True)


def test_no_identifier_reaches_a_log(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    mask_logs()
    _log_all(logger)
    assert "ValueError" in written.getvalue() and "[PHONE]" in written.getvalue()
    for secret in SECRETS:
        assert secret not in written.getvalue()


def test_without_the_mask_they_would(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    _log_all(logger)
    assert all(secret in written.getvalue() for secret in SECRETS)


def test_an_uncaught_exception_is_masked() -> None:
    program = (
        "from suwen.control.privacy.log_masking import mask_logs\n"
        f"mask_logs()\nraise ValueError('{SAID}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "ValueError" in done.stderr
    # The line of the program itself is not shown: it has no file.
    assert all(secret not in done.stderr for secret in SECRETS)


@pytest.mark.parametrize(
    "line",
    [
        "Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)",
        "worker 3 started: PostgreSQL 16.2, 2 cores, 512 MiB",
        '127.0.0.1:53412 - "GET /api/v1/patients HTTP/1.1" 200',
        "引擎已就绪，用时 1250 毫秒",
    ],
)
def test_what_runs_the_machines_stays_readable(line: str) -> None:
    assert masked(line) == line
