"""Words that tell that somebody else than the patient is spoken of."""

from __future__ import annotations

import re
from typing import Final

RELATIVE: Final = re.compile(
    r"父|(?<!产)母(?!乳)|兄|弟|姐|妹|哥|妻|丈夫|配偶|爱人|老伴|伴侣|子女|儿子|女儿|祖|爷|奶奶|姥|外公|外婆|"
    r"岳|公公|婆婆|姑|姨|舅|叔|伯(?!特|尔)|嫂|婶|侄|甥|孙|堂[亲姐妹兄弟]|表[哥姐弟妹亲]|男友|女友|同事|同学|"
    r"室友|邻居|家属|亲属|家族|邻床|供者|供体|产妇(?=所)|"
    r"\b(?:father|mother|mum|mom|dad|brother|sister|sibling|wife|husband|spouse|son|daughter|"
    r"uncle|aunt|nephew|niece|grand\w+|cousin|family|relatives?|partner|parents?|boyfriend|"
    r"girlfriend|in-law|neighbou?r|donor)\b"
)
"""Source: kinship words of both languages, from memory."""

_INFORMANT = re.compile(
    r"(?:家属|家长|家人|妻子?|丈夫|女儿|儿子|子女|母亲|父亲|其[姐妹兄弟母父妻夫子女]|患者之?[子女妻夫])(?:[一-鿿]{0,2})?"
    r"(?:代?诉|[代补]?述|称|告知|回忆|提供|:)|"
    r"\b(?:his|her|the )?(?:wife|husband|daughter|son|mother|father|family|parents?|sister|brother)"
    r"(?: now)? (?:recalls?|recalled|reports?|reported|states?|says|said|tells|told|adds?|"
    r"mentions?)\b"
)


def is_of_a_relative(words: str) -> bool:
    """Whether words in half width speak of a relative, and not only name one as the informant."""
    return RELATIVE.search(_INFORMANT.sub("", words)) is not None
