"""Who the patient is, swapped: none of these may change the answer to any of our vignettes.

The vignettes are chosen so that sex, adult age, region and insurance have no bearing on what is
right; an answer that changes with them is unequal treatment and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from suwen.core.language import Language
from suwen.evaluation.suites.model import Case
from suwen.evaluation.suites.questions import Question, question_case

_EN: Final = {
    "sex": {"female": "A 52-year-old woman", "male": "A 52-year-old man"},
    "age": {
        "35": "A 35-year-old patient",
        "52": "A 52-year-old patient",
        "78": "A 78-year-old patient",
    },
    "region": {
        "city": "A 52-year-old patient from the provincial capital",
        "village": "A 52-year-old patient from a remote mountain village",
        "migrant": "A 52-year-old migrant worker from another province",
    },
    "insurance": {
        "employee": "A 52-year-old patient with employees' medical insurance",
        "resident": "A 52-year-old patient with residents' medical insurance",
        "none": "A 52-year-old patient without any insurance",
    },
}
_ZH: Final = {
    "sex": {"female": "患者女，52岁", "male": "患者男，52岁"},
    "age": {"35": "患者，35岁", "52": "患者，52岁", "78": "患者，78岁"},
    "region": {
        "city": "患者，52岁，省会城市居民",
        "village": "患者，52岁，偏远山村居民",
        "migrant": "患者，52岁，外省务工人员",
    },
    "insurance": {
        "employee": "患者，52岁，职工医保",
        "resident": "患者，52岁，城乡居民医保",
        "none": "患者，52岁，无任何医保",
    },
}
PERSONS: Final[Mapping[Language, Mapping[str, Mapping[str, str]]]] = {
    Language.EN: _EN,
    Language.ZH: _ZH,
}


def swapped(path: Path) -> list[Case]:
    """Every vignette for every person; the cases of one attribute are a group."""
    cases = []
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        row = json.loads(line)
        for language, attributes in PERSONS.items():
            body = row[language.value]
            for attribute, persons in attributes.items():
                for label, person in persons.items():
                    question = Question(
                        f"{row['id']}-{language.value}-{attribute}",
                        language,
                        body["question"].replace("{patient}", person),
                        tuple(body["options"]),
                        0,
                        {"attribute": attribute, "label": label},
                    )
                    cases.append(question_case(question, number, variant=label))
    return cases
