"""The shape of a Chinese name: a family name of the list, then one or two characters."""

from __future__ import annotations

from functools import cache

from suwen.language.identifiers.data_files import lines

_NOT_IN_GIVEN = frozenset(
    "的了着过是在有和与及或被把给让从向到至于由为以并且但而就都也还又再不没未无病症"
    "痛疼药术院科室诊查检验体检化入出住治疗服手岁男女性别民族家住者我你他她它们这那"
    "哪什么吗呢吧啊个次天日月年时分周后前上下左右内外中间右肺胃肠肝肾脑血尿便热咳喘"
    "吐泻晕诉称述示告说，。、 "
)


_RARE = frozenset("纳普火鱼寸铁刀召月字者呷扎尼次达拉格尕才贡桑强旺晋群羊力如妥马木")
"""Family names that are words so often that they count only where a label says that one follows."""


@cache
def _surnames() -> tuple[frozenset[str], frozenset[str]]:
    single, *compound = lines("cn_surnames")
    return frozenset(single), frozenset(word for line in compound for word in line.split())


@cache
def not_names() -> frozenset[str]:
    """Wordings that look like names and are none."""
    return frozenset(word for line in lines("not_names") for word in line.split())


def is_surname(wording: str) -> bool:
    """Whether it is a family name."""
    single, compound = _surnames()
    return wording in single or wording in compound


def surname_length(wording: str) -> int:
    """Characters of the family name that a wording begins with; 0 for none."""
    single, compound = _surnames()
    if wording[:3] in compound:
        return 3
    if wording[:2] in compound:
        return 2
    return 1 if wording[:1] in single else 0


def name_beginnings(seldom: bool = False) -> str:
    """The characters that family names begin with.

    Args:
        seldom: with those that count only where a label says that a name follows.
    """
    single, compound = _surnames()
    first = single | {name[0] for name in compound} | (_RARE if seldom else frozenset())
    return "".join(sorted(first))


def begins_a_term(wording: str, least: int = 2) -> bool:
    """Whether the wording begins with a term that is no name, of so many characters at least."""
    terms = not_names()
    return any(wording[:n] in terms for n in range(len(wording), least - 1, -1))


def is_full_name(wording: str, trusting: bool = False) -> int | None:
    """How many characters of a wording are a full name; ``None`` when it does not begin with one.

    Args:
        trusting: a label says that a name follows, so that unusual characters may be in it.
    """
    family = surname_length(wording) or (trusting and wording[:1] in _RARE)
    if not family or begins_a_term(wording):
        return None
    for given in (2, 1):
        part = wording[family : family + given]
        if len(part) == given and (trusting or not _NOT_IN_GIVEN.intersection(part)):
            return family + given
    return None


_TITLES = (
    "副主任医师",
    "主任医师",
    "主治医师",
    "主任助理",
    "副主任",
    "主任",
    "副教授",
    "教授",
    "护士长",
    "护士",
    "护师",
    "药师",
    "技师",
    "医生",
    "医师",
    "大夫",
    "先生",
    "女士",
    "小姐",
    "太太",
    "夫人",
    "老师",
    "师傅",
    "阿姨",
    "叔叔",
    "伯伯",
    "老伯",
    "大爷",
    "大妈",
    "大娘",
    "大哥",
    "大姐",
    "大嫂",
    "奶奶",
    "爷爷",
    "婆婆",
    "老太",
    "同志",
    "同学",
    "老人",
    "院长",
    "科长",
    "所长",
    "站长",
    "队长",
    "班长",
    "经理",
    "警官",
    "律师",
    "社工",
    "护工",
    "妈妈",
    "爸爸",
)


def length_without_title(wording: str) -> int:
    """Characters of a guessed name before the title that it ends with: 昝 of 昝阿姨."""
    if not wording.endswith(_TITLES):
        return len(wording)
    for title in _TITLES:
        if len(wording) > len(title) and wording.endswith(title):
            return len(wording) - len(title)
    return len(wording)


def title_follows(text: str, at: int) -> bool:
    """Whether a title of a person stands at a place."""
    return text.startswith(_TITLES, at)


@cache
def given_characters() -> frozenset[str]:
    """Characters that given names are usually made of."""
    return frozenset("".join(lines("cn_given_characters")))


def looks_like_name(wording: str) -> bool:
    """Whether the whole wording is a family name and one or two characters of given names."""
    family = surname_length(wording)
    given = wording[family:]
    return (
        bool(family)
        and 1 <= len(given) <= 2
        and given_characters().issuperset(given)
        and not begins_a_term(wording)
    )
