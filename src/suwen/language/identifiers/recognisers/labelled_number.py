"""Numbers of papers, orders, cases and things that a label introduces: 工单号, ticket #, docket.

Source: HIPAA safe harbor, item 18: any other unique identifying number.
"""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType

_KIND = (
    "单号|证号|卡号|卡编号|编号|手环号|腕带号|工号|流水号|序列号|序号|案号|受理号|受试者号|"
    "筛选号|随机号|入组号|登记号|注册号|订单号|运单号|快递|备案号|批准文号|合同号|发票号|"
    "票号|证书号|认定书|鉴定书|裁定书|判决书|处方笺|报警回执|回执|警情号|警单|出车单|任务单|"
    "会员号|客户号|用户号|账户号|索赔号|理赔号|报案号|赔案号|工伤号|资产号|资产编号|机身号|"
    "机器号|设备号|档号|档案号|索引号|文号|牌号|胸牌|腕带|取件码|随访码|追溯码|邀请码|核验码|"
    "识别码|验证码|提取码|密码|条码|编码|ID|SN|S/N|UDI"
)
_EN = (
    r"ticket|claim|docket|(?:our |your )?ref(?:erence)?|accession|specimen|chart|incident|"
    r"invoice|tracking|confirmation|message|badge|interpreter(?: id)?|employee|plan|"
    r"registration|permit|hosp(?:ital)?|pcr|run|dispatch|newborn screen card|screen card|card|"
    r"complaint|case|report|file|folder|study|subject|participant|enrol?ment|portal|user|"
    r"account|acct|policy|group|payer|authori[sz]ation|auth|referral|booking|appointment|"
    r"receipt|warrant|parcel|locker|device|pump|monitor|model|asset|equipment|serial|"
    r"s/n|sn|pacemaker|implant|unit|donor|bag|slide|block|sample|requisition|req|rx|"
    r"prescription|staff|provider|licen[sc]e|registry|fin|csn|har|emrn|mrn|hn|an|vn"
)
_NUMBER = r"[A-Za-z]{0,6}(?:[-_/]?[A-Za-z0-9]){1,26}"


def _unique(wording: str) -> float | None:
    """Numbers of four digits and more that are no year."""
    digits = sum(c.isdigit() for c in wording)
    if digits < 4 or (digits == 4 and wording.isdigit() and wording[:2] in ("19", "20")):
        return None
    return 0.7


def _mixed(wording: str) -> float | None:
    """Four digits and more, and a letter or a hyphen among them."""
    return None if wording.isdigit() else _unique(wording)


RECOGNISER = Recogniser(
    "labelled_number",
    IdentifierType.OTHER,
    by_patterns(
        Pattern(
            rf"(?:{_KIND})(?:是|为)?[ :#]{{0,3}}(?:No\.?|NO\.?)?[ :]{{0,2}}((?:\p{{Han}}{{1,4}}第?)?"
            rf"{_NUMBER}号?)",
            0.7,
            1,
            WORD,
            WORD,
            _unique,
        ),
        Pattern(
            r"((?:\p{Han}{1,2}字)?第[A-Za-z0-9-]{4,26}号|\p{Han}{1,2}字第?[A-Za-z0-9-]{4,26}号?)",
            0.7,
            1,
            check=_unique,
        ),
        Pattern(
            r"(?:后[四4六6]位|末[四4六6]位|尾号)(?:数字)?(?:是|为|:)? ?(\d{3,6}[\dXx]?)",
            0.7,
            1,
            WORD,
            WORD,
        ),
        Pattern(r"\bNo\. ?([A-Za-z]{0,5}[A-Za-z0-9-]{4,24})", 0.7, 1, WORD, WORD, _mixed),
        Pattern(rf"\d ?: ?([A-Z0-9]{{2,6}}-{_NUMBER})", 0.6, 1, WORD, WORD, _mixed),
        Pattern(
            rf"\b(?:{_EN})(?: (?:no|number|num|id|code)\b\.?| ?#| (?:no|id)\b\.?)[ :.#]{{0,3}}"
            rf"({_NUMBER})",
            0.7,
            1,
            WORD,
            WORD,
            _unique,
            any_case=True,
        ),
        Pattern(rf"\b(?:{_EN})[ :#]{{1,3}}({_NUMBER})", 0.65, 1, WORD, WORD, _mixed, any_case=True),
        Pattern(
            r"\b(?:cad|incident|job|call sign|callout) (?:no\.? ?|ref\.? ?|# ?)?(\d{4,12})",
            0.65,
            1,
            WORD,
            WORD,
            _unique,
            any_case=True,
        ),
        Pattern(
            r"\b(?:s/n|sn|serial|imei|udi)[ :#]{1,3}(\d{6,20})",
            0.7,
            1,
            WORD,
            WORD,
            any_case=True,
        ),
        Pattern(
            r"\b(?:va claim|claim|file|policy)(?: (?:no|number)\.?)? "
            r"((?:[A-Z] ?)?\d{2,4}(?: \d{2,4}){2,3})",
            0.65,
            1,
            WORD,
            WORD,
            any_case=True,
        ),
        needs=with_digits,
    ),
)
