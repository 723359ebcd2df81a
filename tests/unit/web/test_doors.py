"""The table of doors: the most exact line leads, and a door nobody keeps is shut."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from suwen.bootstrap.settings import Settings
from suwen.core.errors import AuthenticationError
from suwen.web.doors import DOORS, ErrorForm, SignIn, door_of
from suwen.web.guard import Guard


@pytest.mark.parametrize(
    ("method", "path", "sign_in"),
    [
        ("GET", "/", SignIn.PERSON),
        ("GET", "/no-such-page", SignIn.PERSON),
        ("GET", "/static/a/b.css", SignIn.NOBODY),
        ("HEAD", "/healthz", SignIn.PUBLIC),
        ("POST", "/healthz", SignIn.PERSON),
        ("POST", "/api/v1/token", SignIn.PUBLIC),
        ("DELETE", "/api/v1/token", SignIn.PERSON),
        ("POST", "/mcp", SignIn.CLIENT_OR_PERSON),
        ("POST", "/v1/chat/completions", SignIn.CLIENT),
        ("GET", "/v1/anything/at/all", SignIn.CLIENT),
        ("POST", "/library/chest/import", SignIn.PERSON),
    ],
)
def test_the_most_exact_line_leads(method: str, path: str, sign_in: SignIn) -> None:
    assert door_of(method, path).sign_in is sign_in


def test_one_part_of_an_address_is_not_several() -> None:
    assert door_of("POST", "/library/a/import").path == "/library/*/import"
    assert door_of("POST", "/library/a/b/import").path == "/"


def test_no_two_lines_are_for_the_same_requests() -> None:
    seen = [(door.path, method) for door in DOORS for method in door.methods or {"*"}]
    assert len(seen) == len(set(seen))


def test_a_door_for_programs_tells_errors_as_data() -> None:
    assert door_of("POST", "/mcp").errors is ErrorForm.JSON
    assert door_of("GET", "/worklist").errors is ErrorForm.PAGE


async def test_a_door_without_its_verifier_lets_nobody_in() -> None:
    reached: list[Any] = []

    async def app(*arguments: Any) -> None:
        reached.append(arguments)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    settings = Settings(home=Path("nowhere"))
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer sk-suwen-anything")],
    }
    shut = Guard(app, SimpleNamespace(), settings, {})  # type: ignore[arg-type]
    with pytest.raises(AuthenticationError):
        await shut(scope, receive, send)
    assert reached == []

    async def verifier(request: Any, door: Any) -> Any:
        return "somebody"

    kept = Guard(app, SimpleNamespace(), settings, {SignIn.CLIENT_OR_PERSON: verifier})  # type: ignore[arg-type]
    await kept(scope, receive, send)
    assert len(reached) == 1
