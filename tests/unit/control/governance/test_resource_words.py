"""Types of records in words: every type that an application of ours reads has one."""

from __future__ import annotations

from suwen.appkit.discover import discover
from suwen.control.governance.resource_words import RESOURCE_WORDS, in_words


def test_every_type_that_is_read_has_a_word() -> None:
    read = {name for app in discover().values() for name in app.manifest.reads}
    assert len(read) > 15
    assert read <= RESOURCE_WORDS.keys()


def test_a_type_without_a_word_keeps_its_name() -> None:
    told = in_words(["Patient", "Goal"])
    assert told.zh == "患者基本信息、Goal"
    assert told.en == "particulars of the patient, Goal"


def test_who_reads_nothing_is_told_nothing() -> None:
    assert in_words([]).zh == ""
