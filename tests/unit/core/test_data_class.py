"""A class above a door's ceiling does not pass, and each door fails where the check is off."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest

from suwen.control.privacy import data_class as routes
from suwen.control.privacy.log_masking import MaskedRecord
from suwen.core import data_class
from suwen.core.data_class import Door, class_of_content, passes
from suwen.core.errors import PrivacyError
from suwen.storage import traces

RECORD = {"resourceType": "Condition", "id": "c1", "note": [{"text": "wording of a record"}]}
SPECIAL = {
    "resourceType": "Condition",
    "meta": {
        "security": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
        ]
    },
}


def _logged(argument: object) -> str:
    record = MaskedRecord("a", logging.INFO, "f", 1, "seen %s", (argument,), None)
    return record.getMessage()


def _crashed(argument: object) -> str:
    try:
        raise ValueError("not read", argument)
    except ValueError:
        record = MaskedRecord("a", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    return str(logging.Formatter().format(record))


def _printed(argument: object) -> str:
    from suwen.control.privacy import log_masking

    try:
        try:
            raise KeyError(argument)
        except KeyError as cause:
            raise RuntimeError("stopped") from cause
    except RuntimeError as error:
        told, sys.stderr = sys.stderr, io.StringIO()
        try:
            log_masking._say(type(error), error, error.__traceback__)
            return sys.stderr.getvalue()
        finally:
            sys.stderr = told


def _traced(argument: object) -> str:
    return str(traces._passed({"found": argument}))


DOORS: list[Callable[[object], str]] = [_logged, _crashed, _printed, _traced]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("content", [RECORD, [RECORD], {"entry": [{"resource": RECORD}]}])
def test_a_record_passes_no_door_of_the_operators(
    door: Callable[[object], str], content: object
) -> None:
    told = door(content)
    assert "wording of a record" not in told
    assert "class 4 data withheld" in told


@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_record_passes(door: Callable[[object], str]) -> None:
    assert "code_17" in door({"code": "code_17"})


@pytest.mark.parametrize("door", DOORS)
def test_each_door_asks_the_one_check(
    door: Callable[[object], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_class, "may_pass", lambda *_: True)
    assert "wording of a record" in door(RECORD)


@pytest.mark.parametrize("check", ["endpoint", "client"])
def test_routes_ask_the_one_check_too(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: Any = type("Route", (), {"ceiling": 3, "name": "x"})()
    asked: Any = type("Caller", (), {"client": given})()

    def ask() -> None:
        if check == "endpoint":
            routes.check_ceiling(4, given)
        else:
            routes.check_client_ceiling(4, asked)

    with pytest.raises(PrivacyError):
        ask()
    monkeypatch.setattr(routes, "may_pass", lambda *_: True)
    ask()


def test_the_highest_class_of_all_parts_counts() -> None:
    assert class_of_content("text") == 1
    assert class_of_content([RECORD, {"deep": (SPECIAL,)}]) == 5
    deep: object = RECORD
    for _ in range(30):
        deep = [deep]
    assert class_of_content(deep) == 4
    assert passes({"count": 3}, Door.LOG)
