"""Where a command about Releases works: the partition, its board, and who acts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from suwen.appkit.discover import installed_folder
from suwen.cli.acting import acting, device_platform, operating_user, platform, settings
from suwen.core.identity import AppId, Principal, batch_principal
from suwen.core.manifest import Partition

if TYPE_CHECKING:
    from suwen.bootstrap.releases.board import ReleaseBoard

ReleaseName = Annotated[str, typer.Argument(metavar="RELEASE", help="Hash, or its beginning.")]
Reason = Annotated[str, typer.Option(help="Why; stands on the audit and in the change log.")]
Where = Annotated[
    Partition, typer.Option("--partition", help="In which partition the application runs.")
]


@asynccontextmanager
async def board(
    partition: Partition, person: str | None
) -> AsyncIterator[tuple[ReleaseBoard, Principal]]:
    """The board of a partition, and who acts there; people are known in general alone."""
    from suwen.bootstrap.releases.board import ReleaseBoard
    from suwen.bootstrap.releases.opening import open_releases

    if partition is Partition.GENERAL:
        async with platform() as opened:
            yield ReleaseBoard(open_releases(opened)), await acting(opened, person)
        return
    who = batch_principal(operating_user())
    if person is not None:
        async with platform() as general:
            who = await acting(general, person)
    async with device_platform() as device:
        yield ReleaseBoard(open_releases(device)), who


def partition_of(app: str) -> Partition:
    """Where an application runs here.

    Raises:
        NotFoundError: ``no_such_application``.
    """
    from suwen.bootstrap.placing import installed_here

    installed_folder(app)
    return installed_here(settings())[AppId(app)].manifest.partition
