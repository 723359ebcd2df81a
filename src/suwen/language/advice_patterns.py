"""Wordings of advice and of bounds, with the side of their opposition that each stands on.

A pattern's groups are named ``side`` or ``side_kind``; the first that matches counts, so that what
is denied stands before what it denies.
"""

from __future__ import annotations

import re

_USE_ZH = r"(?:使用|应用|用|服用|服|给予|给|予|选用|行|接受)"
_TO_USE_ZH = rf"(?=(?:{_USE_ZH}|[^，,。；;、]{{1,10}}?(?:使用|应用|用于|服用|给予|选用)))"
_USED_EN = r"(?:us|giv|administ|tak|took|prescri|perform|receiv)\w*"
_TO_USE_EN = rf"(?=\s+(?:be\s+|have\s+)?(?:\w+ly\s+)?{_USED_EN})"
_NOT_EN = r"(?:\bnot|\bnever|n't|\bno\s+longer)\s+(?:be\s+)?(?:\w+ly\s+)?"
_GOOD_EN = (
    r"(?:recommended|advis(?:ed|able)|suggested|indicated|preferred|preferable|compatible|"
    r"appropriate|suitable|acceptable|permitted|permissible|allowed|safe|encouraged|"
    r"(?:the\s+)?first[\s-](?:line|choice))"
)
_NO_MODAL_ZH = (
    r"(?:不(?:应当|应该|应(?!期)|宜|得(?!不)|要|可以|可(?!避免|逆|分|控|忽视|或缺|预)|"
    r"能(?=使用|应用|用|服用|给|与|同|作|代|替|常规|单独))|切勿|请勿|勿|严禁|禁止)"
)
_MODAL_ZH = (
    r"(?:(?<![反适效相对供感响])应(?:当|该)?(?![激答变力急症]|用(?!于))|(?<!胡)必?须|必需|"
    r"(?<![急所])需要?(?!求)|可以|(?<![适不])宜|允许|"
    r"(?<![不许认])可(?![能见疑逆待乐的溶靠控比分拉触闻伴引致导出有降升增减发表达因合并是累多呈持加以]|使(?!用)|$))"
)
_NO_MODAL_EN = (
    r"(?:(?:should|must|may|can|could|shall|ought|do|does)\s*(?:not\b|never\b|n't)|\bcannot\b|"
    r"\bnever\b)"
)
_MODAL_EN = (
    r"\b(?:should|must|may|can|shall|ought\s+to|needs?\s+to|required?|requires|necessary|needed)\b"
)

USE = re.compile(
    "(?a)"
    r"(?P<for_use>(?:不是|并非|不属于?)(?:绝对|相对)?禁忌[证症]?|\bnot\s+(?:\w+ly\s+)?contraindicated)|"
    r"(?P<skipped>(?:如?无|没有|排除|存在|有)(?:绝对|相对)?禁忌[证症]?|以避免|不可避免|不慎|"
    r"\b(?:no|without|if)\s+(?:\w+\s+)?contraindications?\b)|"
    r"(?P<unneeded>无需|无须|毋需|不需要?|不必|无必要|没有必要|非必[须需]|"
    r"\b(?:is|are|be)\s+not\s+(?:\w+ly\s+)?(?:required|necessary|needed)\b|"
    r"\bnot\s+(?:required|necessary|needed)\b|\bunnecessary\b|\bno\s+need\b|\b(?:needs?|requires?)\s+no\b|\bneed\s+not\b)|"
    r"(?P<against>不(?:建议|推荐|主张|提倡|作为)|避免|"
    rf"{_NOT_EN}(?:recommend\w*|advis\w+|suggest\w*)|\bavoid(?:s|ed|ing|ance)?\b|\bdiscouraged\b|"
    r"\bprohibited\b|\bforbidden\b)|"
    r"(?P<against_use>禁用|禁服|忌用|禁忌[证症]?|禁(?=[\u4e00-\u9fff]{0,3}用)|"
    r"不(?:适用|适合|适宜|属于适应)|"
    rf"{_NOT_EN}{_GOOD_EN}|\bcontraindicat\w+|\bincompatible\b|\bunsuitable\b|\binappropriate\b|"
    rf"\bunsafe\b|{_NO_MODAL_ZH}{_TO_USE_ZH}|{_NO_MODAL_EN}{_TO_USE_EN})|"
    rf"(?P<against_act>{_NO_MODAL_ZH}|{_NO_MODAL_EN})|"
    r"(?P<caution_use>慎用|慎服|慎重|谨慎|\bcauti\w+|\bwith\s+care\b)|"
    rf"(?P<for_1>推荐|建议|\brecommend\w*|\badvis\w+|\bsuggest\w*)|"
    r"(?P<for_1_use>首选|优选|一线|可用|可选用?|适用|适合|适宜|适应[证症]|"
    rf"\b{_GOOD_EN}\b|\bof\s+choice\b|{_MODAL_ZH}{_TO_USE_ZH}|{_MODAL_EN}{_TO_USE_EN}|"
    r"(?:^|:)\s*(?:use|give|administer|take|prescribe)\b)|"
    rf"(?P<for_act>{_MODAL_ZH}|{_MODAL_EN})"
)
# Between two words of one piece of advice ("should be used with caution").
LINK = re.compile(
    rf"(?a)\s*(?:尽量|严格|常规|一律|绝对|相对|视为|列为|为|被|控制在|维持在|保持在|be|been|only|with|the|{_USED_EN}|\w+ly|\s)*"
)
# Between advice and the action that it advises ("不宜再增加", "should be gradually reduced").
TO_ACTION = re.compile(
    r"(?a)\s*(?:(?:be|been|to|also|then|\w+ly|that|the|any|dose)\s+)*|[^，,。；;者时于期的a-z]{0,6}"
)

COURSE = re.compile(
    "(?a)(?:"
    r"(?P<go>继续|开始|启动|启用|恢复(?=[\u4e00-\u9fff]{0,2}(?:用|给|服)|[\u4e00-\u9fff]{2,8}(?:$|[，,。；;]))|"
    r"重启|\bstart(?:s|ed|ing)?\b(?!\s+dos)|\binitiat(?:e|es|ed|ing)\b|\bbeg(?:in|ins|an|un)\b|"
    r"\bresum(?:e|es|ed|ing)\b|\brestart\w*|\bcontinu(?:e|es|ed|ing)\b|\bcommenc\w+)|"
    r"(?P<stop>停用|停药|停服|停止|暂停|中止|终止|\bstop(?:s|ped|ping)?\b|\bdiscontinu\w+|"
    r"\bwithh[eo]ld\w*|\bwithdrawn?\b|\bsuspend\w*|\bceas(?:e|ed)\b|\binterrupt(?:ed)?\b)"
    r")(?!之?[前后时期])"
)
CHANGE = re.compile(
    "(?a)"
    r"(?P<up>增加|增大|加大|上调|加量|提高|升高|增高|增强(?!ct|扫描|mr)|延长|"
    r"\bincreas\w+|\brais(?:e|es|ed|ing)\b|\bup-?titrat\w+|\bprolong\w*|\bdoubled?\b|\bpotentiat\w+)|"
    r"(?P<down>减少|减小|减量|下调|降低|减低|下降|减弱|缩短|减半|减轻|"
    r"\breduc\w+|\bdecreas\w+|"
    r"\blower(?:s|ed|ing)?\b(?!\s+(?:than|limb|extrem|respirat|abdom|body|back|segment|urinary|leg))|"
    r"\bdiminish\w*|\bshorten\w*|\bhalved?\b|\btaper\w*|\battenuat\w+)"
)
DENIED = re.compile(r"(?a)(?:不|未|没有|\bnot|\bnever|n't|\bwithout)\s*(?:会|再|\w+ly\s)?\s*$")

ORDER = re.compile(
    "(?a)"
    r"(?P<event>[术餐饭]|(?<![目以此先当日提然随最今预])[\u4e00-\u9fff]{2})(?:之|以)?"
    r"(?:(?P<before>前(?![列壁臂胸庭叶述者期囊额瞻提驱房后]|负荷))|"
    r"(?P<after>(?<!前)后(?![壁者续果遗叶路方腹颅循天背]|负荷)))|"
    r"(?:(?P<before_en>\b(?:before|prior\s+to|ahead\s+of|pre(?=-?operative)))|"
    r"(?P<after_en>\bafter|(?<!the\s)\bfollowing|\bpost(?=-?operative)))[\s-]*"
    r"(?:(?:the|an?|any|each|every|elective|major|skin|induction|of)\s+)*(?P<event_en>\d+\s*[a-z]+|[a-z]{3,})"
)
_ENGLISH_NUMBERS = "one two three four five six seven eight nine ten eleven twelve"
NUMBER_WORDS = {
    **{word: n for n, word in enumerate("一二三四五六七八九十", start=1)},
    **{word: n for n, word in enumerate(_ENGLISH_NUMBERS.split(" "), start=1)},
    "两": 2,
}
_NUMBER = r"(?P<{}>\d[\d,]*(?:\.\d+)?)"
_WORDED = (
    r"(?P<worded>[一二两三四五六七八九十](?![一二三四五六七八九十百千般些定])|"
    rf"\b(?:{_ENGLISH_NUMBERS.replace(' ', '|')})\b)"
)
_GAP = r"[^\d，,。；;:()|\n]{0,14}?"
_SHALL_NOT_ZH = r"不(?:应当|应该|应|宜|得|可|能|要)?"
BOUND = re.compile(
    "(?a)(?:"
    rf"(?P<below>{_SHALL_NOT_ZH}(?:超过|高于|大于|多于|长于)|至多|最多|最大|最高|极量|低于|小于|少于|不足|"
    r"短于|未满|<=?|≤|≦|\bat\s+most|\bno(?:t)?\s+(?:\w+\s+)?(?:more|greater|higher|longer)\s+than|"
    r"(?:(?:should|must|may|can|do|does)\s+not|\bnot)\s+(?:be\s+)?exceed(?:ing)?|\bcannot\s+exceed|"
    r"\bmaximum|\bmax\.?|\bup\s+to|(?<!no\s)(?<!not\s)\b(?:less|fewer|lower|shorter)\s+than|\bbelow|"
    r"\bunder|\bwithin)|"
    rf"(?P<above>{_SHALL_NOT_ZH}(?:少于|低于|小于|短于)|至少|最少|最小|最低|高于|大于|超过|多于|长于|>=?|≥|≧|"
    r"\bat\s+least|\bno(?:t)?\s+(?:less|fewer|lower|shorter)\s+than|\bminimum|"
    r"\b(?:more|greater|higher|longer)\s+than|\babove|\bexceed(?:s|ing)?|"
    r"\bover(?=\s*\d)(?!\s*\d[\d.]*\s*(?:min|h|sec|day|week))))"
    + _GAP
    + "(?:"
    + _NUMBER.format("number")
    + "|"
    + _WORDED
    + ")|"
    + _NUMBER.format("counted")
    + r"[^，,。；;:()\d\n]{0,12}?"
    r"(?:(?P<below_behind>以下|以内|之内|(?<=[时天周月钟])内|\bor\s+(?:less|fewer|lower|below))|"
    r"(?P<above_behind>以上|\bor\s+(?:more|greater|higher|above)))"
)
# Events that are called by several names.
SAME_EVENT = {
    "手术": "术",
    "饭": "餐",
    "进餐": "餐",
    "用餐": "餐",
    "operative": "surgery",
    "operatively": "surgery",
    "operation": "surgery",
    "food": "meals",
    "meal": "meals",
    "eating": "meals",
}
CLAUSE_END = re.compile(
    r"(?a)[，,。；;！？!?\n](?!\d)|\.(?=\s|$)|\b(?:but|however|whereas|while)\b|但|而(?!且)"
)
