"""What must not be said to a patient by a machine, and what must be said to nobody."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.control.guardrails.rules.table import Rule

_AMOUNT_EN = r"(?:\d+(?:\.\d+)?|one|two|three|half an?|a) ?(?:mg|mcg|µg|g|ml|units?|iu|tablets?|pills?|capsules?|puffs?|drops?)\b"
_AMOUNT_ZH = (
    r"(?:\d+(?:\.\d+)?|[一二两三四五六半]) ?(?:毫克|微克|克|毫升|单位|mg|ml|g|片|粒|丸|支|滴|袋|喷)"
)

TO_PATIENTS = (
    Rule(
        "output.dosing_advice",
        rf"\b(?:take|use|inject|inhale|give (?:him|her|your \w+)|increase[^.]{{0,30}}to|reduce[^.]{{0,30}}to|double|start with|swallow)\b[^.!?\n]{{0,40}}\b{_AMOUNT_EN}",
    ),
    Rule(
        "output.dosing_advice",
        r"\b(?:double|increase|reduce|halve|lower|raise|stop taking|skip|change) (?:your|the) (?:\w+ )?(?:dose|dosage|medication|medicine|insulin|warfarin)\b",
    ),
    Rule(
        "output.dosing_advice",
        rf"(?:服用?|口服|吃|注射|使用|加到|减到|增至|减至|改为|每次|一次|每日|每天)[^。！？\n]{{0,15}}{_AMOUNT_ZH}",
    ),
    Rule(
        "output.dosing_advice",
        r"(?:您|你)(?:可以|应该|需要|应当|要)?(?:加大|增加|减少|减半|加倍|停用|停掉|停止服用|调整)[^。！？\n]{0,8}(?:药量|剂量|用量|药物|胰岛素|华法林|降压药)",
    ),
    Rule(
        "output.diagnosis",
        r"\byou (?:most likely |probably |clearly |definitely |certainly |almost certainly |likely )?(?:have|are suffering from|suffer from|are having|'ve got|have got)\b (?:an? |the |acute |chronic |early |severe |mild |type \d )*[a-z-]*(?:itis|oma|emia|aemia|osis|cancer|diabetes|stroke|heart attack|heart failure|infection|disease|syndrome|disorder|pneumonia|migraine|ulcer|hypertension|depression|angina|appendicitis|flu|covid|gout|asthma|tuberculosis|infarction|embolism)\b",
        r"\b(?:if|whether|when|ask|do) you (?:\w+ )?have\b",
    ),
    Rule(
        "output.diagnosis",
        r"\b(?:your diagnosis is|this is (?:definitely|certainly|clearly)|i (?:can )?diagnose you|you are diagnosed with)\b",
    ),
    Rule(
        "output.diagnosis",
        r"(?:您|你)(?:这是|得的是|患的是|得了|患了|患有|就是|肯定是|应该是|确诊(?:为|是)?|这(?:就|肯定|应该)是)[^。！？，\n]{0,12}(?:炎|癌|瘤|病|症|梗死?|中风|结石|溃疡|感染|高血压|抑郁|哮喘|肺结核|骨折|贫血)",
        r"如果(?:您|你)|是否|(?:您|你)(?:得了|患有)?.{0,10}(?:吗|么)",
    ),
    Rule("output.diagnosis", r"(?:诊断为|可以诊断|确诊为|诊断结果是|我的诊断)"),
)
"""Advice on doses and diagnoses are a physician's."""

TO_NOBODY = (
    Rule(
        "output.system_prompt",
        r"(?:my|the) (?:system prompt|system message|hidden instructions|initial instructions|original instructions) (?:is|are|says?|reads?|tells?)|\b(?:i was|i am|i have been) (?:instructed|told|programmed|configured) (?:to|by|that|not)\b|\bhere (?:is|are) my (?:system prompt|instructions|prompt)\b",
    ),
    Rule(
        "output.system_prompt",
        r"(?:我的|以下是)?(?:系统提示词?|初始指令|系统指令|隐藏指令|系统设定)(?:是|为|如下|内容|[:：])|我被(?:要求|设定|指示|告知)|⟦|⟧",
    ),
)
