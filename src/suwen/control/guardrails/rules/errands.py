"""What visitors of a hospital ask all day: the way, an appointment, their papers, a person."""

from __future__ import annotations

import re
from typing import Final

_WISH: Final = (
    r"(?:您好|你好|请问|麻烦|想问一?下|问一?下|我们?|想|要|需要|能不能|可不可以|能否|可以|能|帮我|帮忙|帮|给我|请|"
    r"怎么|怎样|如何|今天|明天|后天|周[一二三四五六日天末]|上午|下午|晚上|现在|还|[，,、\s])*"
)
_END: Final = r"(?:一下|可以|行|好|吗|么|呢|啊|呀|吧|谢谢|[？?。！!，,\s])*"
_PLACE: Final = (
    r"(?:(?!杀|毒|死|偷|骗|假|砸|炸|抢|拐|卖|病人|患者|别人|他人)[一-鿿]){0,6}?"
    r"(?:科|门诊|诊室|病房|病区|药房|大厅|窗口|收费处|挂号处|住院处|导诊台|急诊|厕所|洗手间|停车场|食堂)"
)
_WHERE_WHEN: Final = (
    r"(?:的|个|专家号|普通号|号|怎么(?:走|去|挂|预约|约)|往哪(?:里|儿|边)?走|在(?:哪里|哪儿|哪|几楼|几号楼|什么地方)|"
    r"哪里|几楼|几点|开门|关门|上班|下班|周末|有|要带(?:什么|啥))*"
)
_WAY: Final = rf"{_WISH}(?:去|到|找|挂个?|预约|约|看)?{_PLACE}{_WHERE_WHEN}{_END}"
_PAPERS: Final = (
    rf"{_WISH}(?:开|打印|打|办|拿|取|领|补|查|看)(?:一下|下|一?[张份个])?(?:我自己的|我的|我|自己的)?"
    rf"(?:化验|检查|检验|拍片|住院|门诊|这次)*的?(?:病假条|请假条|诊断证明|病历|发票|报告单|报告|结果|检查单|收据){_END}"
)
_PERSON: Final = (
    rf"{_WISH}(?:转接?|找|接|叫|跟|和|有没有|有|换)?(?:一?[个位名]|你们的?)?"
    rf"(?:人工(?:服务|客服|台)?|真人|活人|工作人员|客服|导诊员?|护士|医生)(?:说话|聊|谈|说|来|服务|接听)?{_END}"
)
_PERSON_EN: Final = (
    r"(?:hi|hello|hey|please|sorry|[,.!?\s])*"
    r"(?:(?:can|could|may) i|i(?:'d| would)? (?:want|need|like|wish)(?: to)?|let me|connect me)?"
    r" ?(?:talk|speak|chat|get|to)? ?(?:to|with)? ?(?:a|an|the|some)? ?(?:real |live |actual )?"
    r"(?:human(?: being)?|person|somebody|someone|nurse|doctor|staff(?: member)?|"
    r"member of staff|receptionist|operator|agent)(?:please|now|[,.!?\s])*"
)
_WHO: Final = (
    r"你(?:到底)?是(?:不是)?(?:真人|人|机器人?|人工智能|AI|电脑|谁)(?:还是(?:真人|人|机器人?))?"
    r"[吗么呢啊]?[？?。\s]*"
)
ERRAND: Final = re.compile("|".join((_WAY, _PAPERS, _PERSON, _PERSON_EN, _WHO)), re.IGNORECASE)
"""Matches in full where a message says nothing beyond such an errand."""
LONGEST_ERRAND: Final = 60
