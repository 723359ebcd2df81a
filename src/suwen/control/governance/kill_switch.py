"""Taking an application out of use at once, with a reason that everybody sees, and back."""

from __future__ import annotations

from datetime import datetime

from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import AppId, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.release import Suspension
from suwen.storage.releases import ReleaseStore


async def suspend(
    store: ReleaseStore, app: AppId, reason: str, by: PrincipalId, at: datetime
) -> Suspension:
    """Takes the application out of use; what runs next is refused with the reason.

    Raises:
        InputError: ``reason_missing`` when no reason is given.
        ConflictError: ``already_suspended``; the standing reason stays.
    """
    if not reason.strip():
        raise InputError(
            "reason_missing",
            Bilingual(
                zh="请写明停用原因，它会显示给所有使用者。",
                en="Give the reason; everybody who uses the application sees it.",
            ),
            field="reason",
        )
    suspension = Suspension(app=app, reason=reason.strip(), suspended_by=by, suspended_at=at)
    if not await store.suspend(suspension):
        raise ConflictError(
            "already_suspended",
            Bilingual(zh="该应用已经停用。", en="This application is out of use already."),
            field="app",
        )
    return suspension


async def resume(store: ReleaseStore, app: AppId, by: PrincipalId) -> None:
    """Puts the application back into use.

    Raises:
        ConflictError: ``not_suspended`` when it was not out of use.
    """
    if not await store.resume(app, by):
        raise ConflictError(
            "not_suspended",
            Bilingual(zh="该应用未被停用。", en="This application is not out of use."),
            field="app",
        )
