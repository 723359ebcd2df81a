"""The examination of a site: every property, one after the other."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import aiohttp

from suwen.bootstrap.conformance.grading import Conformance, Grade, Graded, Property
from suwen.bootstrap.conformance.of_control import (
    try_ceilings,
    try_injection,
    try_partition,
    try_rights,
)
from suwen.bootstrap.conformance.of_machine import try_backups, try_clocks, try_egress
from suwen.bootstrap.conformance.of_records import try_audit, try_masks, try_signed_output
from suwen.bootstrap.health import running_url
from suwen.bootstrap.platform import Platform
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual

Trial = Callable[[Platform, str | None], Awaitable[Graded]]

TRIALS: Final[Mapping[Property, Trial]] = {
    Property.SIGNED_OUTPUT: try_signed_output,
    Property.AUDIT: try_audit,
    Property.PARTITION: try_partition,
    Property.MASKS: try_masks,
    Property.CEILINGS: try_ceilings,
    Property.RIGHTS: try_rights,
    Property.INJECTION: try_injection,
    Property.EGRESS: try_egress,
    Property.BACKUPS: try_backups,
    Property.CLOCKS: try_clocks,
}

log = logging.getLogger(__name__)


async def examine_site(
    platform: Platform, url: str | None = None, wanted: Collection[Property] = tuple(Property)
) -> Conformance:
    """Tries every property that is wanted on a site.

    Args:
        url: where the service answers; by default where the supervisor says that it runs.
    """
    url = url or running_url(platform)
    graded = [await _tried(platform, url, one) for one in Property if one in wanted]
    return Conformance(platform.clock.now(), tuple(graded))


async def _tried(platform: Platform, url: str | None, property_: Property) -> Graded:
    """A trial that cannot be made proves nothing; the other properties are tried all the same."""
    try:
        return await TRIALS[property_](platform, url)
    except (SuwenError, aiohttp.ClientError, TimeoutError, OSError) as error:
        code = error.code if isinstance(error, SuwenError) else type(error).__name__
        log.warning("the trial of %s could not be made: %s", property_.value, code)
        what = Bilingual(f"无法试验（{code}）", f"it could not be tried ({code})")
        return Graded(property_, Grade.C, what, {"code": code})
