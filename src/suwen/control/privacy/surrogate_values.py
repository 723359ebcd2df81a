"""What stands in for an identifier: of the same form, and nobody's.

Numbers keep their check digit but come from ranges that are given to nobody; names say nothing of
the sex; addresses and organisations are of a town that does not exist.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from suwen.language.identifiers import IdentifierType
from suwen.language.identifiers.cn_names import surname_length
from suwen.language.identifiers.recognisers.bank_card import passes_luhn
from suwen.language.identifiers.recognisers.cn_resident_id import check_character

_SURNAMES: Final = "周吴郑冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛"
_GIVEN: Final = "文晨宁安和清远一子以知言初若予未景之亦然可向禾乐云星航言序时舟同岚"
_COMPOUND: Final = [
    "欧阳",
    "司徒",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "夏侯",
    "轩辕",
    "长孙",
    "宇文",
    "端木",
    "独孤",
    "南宫",
    "百里",
    "呼延",
    "澹台",
    "申屠",
    "赫连",
    "闻人",
    "濮阳",
    "淳于",
    "钟离",
    "鲜于",
    "闾丘",
    "司空",
]
_ENGLISH_GIVEN: Final = [
    "Alex",
    "Avery",
    "Blair",
    "Cameron",
    "Casey",
    "Charlie",
    "Dakota",
    "Devon",
    "Drew",
    "Elliot",
    "Emerson",
    "Finley",
    "Frankie",
    "Harper",
    "Hayden",
    "Jamie",
    "Jesse",
    "Jules",
    "Kendall",
    "Kerry",
    "Lee",
    "Logan",
    "Morgan",
    "Parker",
    "Peyton",
    "Quinn",
    "Reese",
    "Riley",
    "Robin",
    "Rowan",
    "Sage",
    "Sam",
    "Sawyer",
    "Shannon",
    "Skyler",
    "Taylor",
    "Terry",
    "Toby",
    "Tracy",
]
_ENGLISH_FAMILY: Final = [
    "Aldermere",
    "Ashcombe",
    "Birchwold",
    "Brackenby",
    "Caldmore",
    "Dunwick",
    "Eastmarch",
    "Fairholm",
    "Fernleigh",
    "Galloby",
    "Hartsmoor",
    "Hazelden",
    "Ivermere",
    "Kingscote",
    "Larkwell",
    "Linfold",
    "Marlowby",
    "Netherby",
    "Oakhurst",
    "Penhollow",
    "Quarnby",
    "Ravenscote",
    "Redmarsh",
    "Silverby",
    "Stonecroft",
    "Tarnwick",
    "Thornbury",
    "Underhay",
    "Vexley",
    "Westermoor",
    "Whitlow",
    "Wyncote",
    "Yarrowby",
]
_TOWN: Final = "云溪市"
_SCHOOL: Final = ("大学", "学院", "中学", "小学", "幼儿园", "学校")
_HOSPITAL: Final = ("院", "诊所", "门诊部", "卫生室", "卫生所", "中心", "服务站")


class Dice:
    """Numbers that follow from a secret and an identifier: the same ones every time."""

    def __init__(self, secret: bytes, *about: str) -> None:
        self._secret = secret
        self._about = "\x1f".join(about).encode()
        self._count = 0

    def below(self, limit: int) -> int:
        """The next number, 0 up to one less than the limit."""
        self._count += 1
        message = self._about + self._count.to_bytes(4, "big")
        digest = hmac.new(self._secret, message, hashlib.sha256).digest()
        return int.from_bytes(digest[:8], "big") % limit

    def digits(self, count: int) -> str:
        """The next digits."""
        return "".join(str(self.below(10)) for _ in range(count))


def stand_in(kind: IdentifierType, wording: str, dice: Dice) -> str:
    """What stands in for an identifier of a kind; other dice give another one."""
    return _MAKERS.get(kind, _same_form)(wording, dice)


def _is_chinese(wording: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in wording)


def _name(wording: str, dice: Dice) -> str:
    if not _is_chinese(wording):
        words = wording.split()
        family = _ENGLISH_FAMILY[dice.below(len(_ENGLISH_FAMILY))]
        if len(words) < 2:
            return family
        return f"{_ENGLISH_GIVEN[dice.below(len(_ENGLISH_GIVEN))]} {family}"
    if len(wording) <= max(1, surname_length(wording)):
        return _COMPOUND[dice.below(len(_COMPOUND))]
    given = "".join(_GIVEN[dice.below(len(_GIVEN))] for _ in range(2))
    return _SURNAMES[dice.below(len(_SURNAMES))] + given


def _identity(wording: str, dice: Dice) -> str:
    packed = wording.replace(" ", "").replace("-", "")
    if len(packed) == 18 and packed[:17].isdigit():
        # 99 is no province's code, and nobody was born in the year 9999 of this number.
        first = (
            f"99{dice.digits(4)}9999{1 + dice.below(12):02}{1 + dice.below(28):02}{dice.digits(3)}"
        )
        return first + check_character(first)
    if len(packed) == 15 and packed.isdigit():
        return f"99{dice.digits(13)}"
    return _same_form(wording, dice)


def _phone(wording: str, dice: Dice) -> str:
    digits = [c for c in wording if c.isdigit()]
    mobile = len(digits) in (11, 13, 14) and "1" in digits[-11:][:1]
    if mobile:
        new = "".join(digits[:-11]) + "1200" + dice.digits(7)
    elif len(digits) in (10, 11) and wording.lstrip("+(1 -.")[:1] in "23456789":
        # Source: NANP, 555-0100 to 555-0199 are for fiction.
        area = f"{2 + dice.below(8)}{dice.digits(2)}"
        new = "".join(digits[:-10]) + area + "55501" + dice.digits(2)
    else:
        new = ("000" + dice.digits(max(0, len(digits) - 3)))[: len(digits)]
    return _laid_out(wording, new)


def _laid_out(wording: str, digits: str) -> str:
    """Digits in the layout of a wording: its brackets, blanks and hyphens stay."""
    rest = iter(digits)
    return "".join(next(rest, "0") if c.isdigit() else c for c in wording)


def _bank_card(wording: str, dice: Dice) -> str:
    count = sum(c.isdigit() for c in wording)
    if count < 12 or any(c.isalpha() for c in wording):
        return _same_form(wording, dice)
    first = ("9999" + dice.digits(count))[: count - 1]
    check = next(str(d) for d in range(10) if passes_luhn(first + str(d)))
    return _laid_out(wording, first + check)


def _plate(wording: str, dice: Dice) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return f"{wording[0]}{letters[dice.below(24)]}·X{dice.digits(4)}"


def _address(wording: str, dice: Dice) -> str:
    number = dice.digits(4)
    if _is_chinese(wording):
        return f"{_TOWN}青石路{number}号"
    return f"{number} Bluestone Street, Yunxi"


def _organisation(wording: str, dice: Dice) -> str:
    number = 100 + dice.below(900)
    if not _is_chinese(wording):
        kind = "Hospital" if "ospital" in wording or "linic" in wording else "Organisation"
        return f"Yunxi {kind} {number}"
    if wording.endswith(_SCHOOL):
        ending = next(s for s in _SCHOOL if wording.endswith(s))
        return f"云溪第{number}{ending}"
    if wording.endswith(_HOSPITAL):
        return f"云溪第{number}医院"
    return f"云溪第{number}单位"


def _email(wording: str, dice: Dice) -> str:
    return f"user{dice.digits(6)}@example.org"


def _url(wording: str, dice: Dice) -> str:
    return f"https://example.org/{dice.digits(6)}"


def _network(wording: str, dice: Dice) -> str:
    if wording.count(".") == 3:
        return f"192.0.2.{1 + dice.below(254)}"
    return f"2001:db8::{1 + dice.below(0xFFFE):x}"


def _age(wording: str, dice: Dice) -> str:
    return "90岁以上" if _is_chinese(wording) else "90 or older"


def _same_form(wording: str, dice: Dice) -> str:
    """Digits for digits and letters for letters."""
    said = []
    for char in wording:
        if char.isdigit():
            said.append(str(dice.below(10)))
        elif char.isascii() and char.isalpha():
            letter = "ABCDEFGHJKLMNPQRSTUVWXYZ"[dice.below(24)]
            said.append(letter if char.isupper() else letter.lower())
        else:
            said.append(char)
    return "".join(said)


_MAKERS: Final[dict[IdentifierType, Callable[[str, Dice], str]]] = {
    IdentifierType.NAME: _name,
    IdentifierType.ID_NUMBER: _identity,
    IdentifierType.PHONE: _phone,
    IdentifierType.BANK_CARD: _bank_card,
    IdentifierType.LICENCE_PLATE: _plate,
    IdentifierType.ADDRESS: _address,
    IdentifierType.ORGANISATION: _organisation,
    IdentifierType.EMAIL: _email,
    IdentifierType.URL: _url,
    IdentifierType.IP: _network,
    IdentifierType.AGE_OVER_89: _age,
}
