"""The command that grades a site: conformance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from suwen.bootstrap.conformance.grading import Grade, Property, conformance_as_json
from suwen.cli.acting import platform, run
from suwen.cli.output import say, show

if TYPE_CHECKING:
    from suwen.bootstrap.conformance.grading import Conformance

NOT_APPLICABLE = "-"


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("conformance")(conformance)


def conformance(
    url: Annotated[
        str | None, typer.Option(help="Where the service answers; default: where it runs.")
    ] = None,
    least: Annotated[Grade, typer.Option(help="Least grade of every property.")] = Grade.B,
    only: Annotated[
        list[Property] | None, typer.Option(help="Only this property; may be given several times.")
    ] = None,
) -> None:
    """Try what this site promises and grade it; exit status 1 below the least grade."""
    found = run(_examine(url, only or list(Property)))
    lines = [f"{found.grade.value}"]
    for one in found.graded:
        grade = one.grade.value if one.grade else NOT_APPLICABLE
        lines.append(f"{grade} {one.property.value}: {say(one.found)}")
    show(conformance_as_json(found), "\n".join(lines))
    if not found.passes(least):
        raise typer.Exit(1)


async def _examine(url: str | None, wanted: list[Property]) -> Conformance:
    from suwen.bootstrap.conformance.examination import examine_site

    async with platform() as opened:
        return await examine_site(opened, url, wanted)
