"""What somebody may do now who began something earlier that still goes on."""

from __future__ import annotations

from dataclasses import replace

from suwen.control.access.tokens import principal_of
from suwen.core.errors import AccessError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.storage.people import PeopleStore


async def present_rights(people: PeopleStore, who: Principal) -> Principal:
    """The same person with the roles and departments of today; a service stays what it is.

    Raises:
        AccessError: ``account_barred``; ``purpose_not_permitted`` where the roles of today leave
            no room for the purpose.
        NotFoundError: ``no_such_account``.
    """
    if not who.is_person:
        return who
    person = await people.read(who.id)
    if person.disabled:
        raise AccessError(
            "account_barred",
            Bilingual(
                zh="发起人的账号已停用，未继续执行。请由其他有权限的人员重新发起。",
                en="The account of whoever began this is barred, so it does not go on. Somebody "
                "else who may do it starts it anew.",
            ),
        )
    now = principal_of(person, who.channel, who.purpose, who.launched_for)
    return replace(now, operating_user=who.operating_user)
