"""What is no matter of a hospital."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.control.guardrails.rules.table import Rule

SCOPE = (
    Rule(
        "scope.creative",
        r"\b(?:write|compose|draft|create|provide|give me|tell me|generate)\b(?: me)? (?:an? |the )?(?:[a-z]+ ){0,2}(?:poem|song|short story|bedtime story|novel|sonnet|haiku|limerick|screenplay|rap|joke|riddle|blog post|facebook post|twitter post|tweet|listicle|fan ?fiction|manifesto|propaganda)\b",
    ),
    Rule(
        "scope.creative",
        r"(?:写|作|创作|编|来)(?:一)?(?:首|篇|段|个|部)[^。！？\n]{0,15}(?:诗|歌词|小说|作文|剧本|段子|笑话|散文|故事|说唱)",
    ),
    Rule(
        "scope.programming",
        r"\b(?:write|create|show me|debug|fix|provide|give me)\b[^.?!\n]{0,30}\b(?:python|javascript|java|c\+\+|sql|php|bash|rust|html)\b[^.?!\n]{0,30}\b(?:function|script|code|program|query|class)?|(?:写|编|调试)[^。！？\n]{0,6}(?:代码|程序|脚本|爬虫|网页)",
    ),
    Rule(
        "scope.general",
        r"(?:今天|明天)(?:的)?天气|股票[^。\n]{0,6}(?:涨|跌|推荐)|彩票|(?:推荐|介绍)[^。\n]{0,8}(?:电影|小说|游戏|歌曲|旅游景点)|\b(?:capital of|who won the|weather (?:today|in|forecast)|stock price|bitcoin price)\b",
    ),
)
