"""A mapping file is checked before any row: what is wrong is named with line and key."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.errors import ConfigurationError
from suwen.core.resource_elements import RESOURCE_TYPES, elements_of
from suwen.core.row_mapping import FilePlace, RowPlace, ViewPlace
from suwen.core.row_mapping_reading import read_row_mapping
from suwen.core.toml_lines import line_of, lines_of
from tests.support.rows import FILES, VIEWS


def refusal(text: str, place: RowPlace = RowPlace.VIEWS) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as refused:
        read_row_mapping(text, place, "his.toml")
    return refused.value


def line(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_mapping_of_views_and_one_of_files_are_read() -> None:
    views = read_row_mapping(VIEWS, RowPlace.VIEWS, "his.toml")
    assert [source.name for source in views.sources] == ["patients", "results"]
    assert isinstance(views.sources[0].place, ViewPlace)
    assert views.sources[0].place.overlap == 60
    files = read_row_mapping(FILES, RowPlace.FILES, "his.toml")
    assert isinstance(files.sources[0].place, FilePlace)
    assert str(views.zone) == "Asia/Shanghai"


WRONG = [
    # what is changed, into what, the key that is named, and a word of the reason
    ('birthDate = "born"', 'birthDat = "born"', "elements.birthDat", "birthDate"),
    ('birthDate = "born"', 'birthDate = "borne"', "elements.birthDate", "born"),
    ('gender = { column = "sex"', 'gender = { colum = "sex"', "elements.gender", "exactly one"),
    (', codes = "sex" }', ', codes = "sexes" }', "elements.gender", "codes.sexes"),
    (', codes = "sex" }', ', codes = "ucum" }', "elements.gender", "male"),
    (', codes = "sex" }', ', default = "male" }', "elements.gender.default", "no defaults"),
    ('"1" = "male"', '"1" = "man"', "elements.gender", "male"),
    ('gender = { column = "sex", codes = "sex" }', 'gender = { fixed = "male" }', "gender", "fact"),
    ('status = { fixed = "final" }', 'status = { fixed = "done" }', "elements.status", "final"),
    ('status = { fixed = "final" }\n', "", "elements", "status"),
    ('key = ["pid"]\nwatermark', "watermark", "rows[1]", "key"),
    ('key = ["pid"]\nwatermark', 'key = ["PID"]\nwatermark', "rows[1]", "PID"),
    ('watermark = "updated"', 'watermark = "name"', "watermark", "timestamp"),
    ("overlap_s = 60\n", "", "rows[1]", "overlap_s"),
    ("overlap_s = 60", "overlap_s = -1", "overlap_s", "whole number"),
    ('name = "text"', 'name = "texte"', "columns.name", "text"),
    ('time_zone = "Asia/Shanghai"', 'time_zone = "Shanghai"', "time_zone", "IANA"),
    ('time_zone = "Asia/Shanghai"\n', "", "rows[1].watermark", "time_zone"),
    ("format = 1", "format = 2", "format", "1"),
    ('version = "test-1"\n', "", "·", "version"),
    ('mrn = "urn:oid:1.2.156.1000.1"', 'mrn = "1.2"', "systems.mrn", "URI"),
    ('{ system = "mrn" }', '{ system = "mrm" }', "identifier[0].system", "mrm"),
    ('view = "his.v_patient"', 'view = "his.v; DROP"', "view", "name"),
    ('resource = "Patient"', 'resource = "Pateint"', "resource", "Patient"),
    ('name = "results"', 'name = "patients"', "name", "twice"),
    ('unmapped = "refuse"\n', "", "codes.sex", "unmapped"),
    ('"value[x]" = {', '"value" = {', "value", "no element"),
    ('"name[0].text" = "name"', '"name.text" = "name"', "name.text", "name[0]"),
    ('"name[0].text" = "name"', '"name[1].text" = "name"', "elements", "without a gap"),
    ('"name[0].text" = "name"', '"name[0]" = "name"', "name[0]", "map those"),
    (
        'birthDate = "born"',
        'birthDate = { column = "born", format = "%y%m%d" }',
        "birthDate",
        "century",
    ),
    (
        'subject = { reference = "Patient", key = ["pid"] }',
        'subject = { reference = "Patient", key = ["pid", "rid"] }',
        "subject",
        "columns",
    ),
    (
        'subject = { reference = "Patient", key = ["pid"] }',
        'subject = { reference = "Patient", key = ["pid"] }\nencounter = { reference = '
        '"Encounter", key = ["pid"] }',
        "encounter",
        "namespace",
    ),
    ('sex = "text"', 'sex = "text"\nunused = "text"', "rows[1].columns", "ignored"),
]


@pytest.mark.parametrize(("before", "after", "key", "reason"), WRONG)
def test_what_is_wrong_is_named_with_line_and_key(
    before: str, after: str, key: str, reason: str
) -> None:
    assert before in VIEWS
    text = VIEWS.replace(before, after, 1)
    tomllib.loads(text)
    error = refusal(text)
    assert error.code == "mapping_wrong"
    assert key in (error.field or "")
    assert reason in error.safe_message.en
    number = error.detail["line"]
    assert 1 <= int(number) <= len(text.splitlines())
    assert f"line {number}" in error.safe_message.en
    assert f"第 {number} 行" in error.safe_message.zh


def test_the_line_is_the_one_where_the_key_stands() -> None:
    text = VIEWS.replace('birthDate = "born"', 'birthDat = "born"', 1)
    assert refusal(text).detail["line"] == line(text, "birthDat =")


def test_a_file_that_is_no_toml_is_named_with_line_and_column() -> None:
    text = VIEWS.replace('version = "test-1"', 'version = "test-1', 1)
    error = refusal(text)
    assert error.code == "mapping_malformed"
    assert error.detail["line"] == line(text, "version =")


def test_a_zone_that_puts_clocks_back_needs_an_overlap_of_more_than_that_hour() -> None:
    text = VIEWS.replace("Asia/Shanghai", "Europe/Berlin")
    assert "3900" in refusal(text).safe_message.en
    read_row_mapping(text.replace("overlap_s = 60", "overlap_s = 3900"), RowPlace.VIEWS, "m")


def test_sources_of_one_type_need_a_part_of_the_key() -> None:
    twice = VIEWS + VIEWS[VIEWS.index('[[rows]]\nname = "results"') :].replace(
        'name = "results"', 'name = "more"'
    )
    assert "key_part" in refusal(twice).safe_message.en
    parted = twice.replace('key = ["rid"]', 'key = ["rid"]\nkey_part = "a"')
    read_row_mapping(parted, RowPlace.VIEWS, "m")


@pytest.mark.parametrize("place", list(RowPlace))
@given(text=st.text(max_size=300))
def test_no_text_breaks_the_reading(place: RowPlace, text: str) -> None:
    with pytest.raises(ConfigurationError):
        read_row_mapping(text, place, "m")


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text("abcxyz[]0.", min_size=1, max_size=6), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    where=st.sampled_from(["columns", "elements", "key", "present", "when", "overlap_s", "view"]),
)
def test_no_value_of_a_section_breaks_the_reading(value: object, where: str) -> None:
    body = tomllib.loads(VIEWS)
    body["rows"][0][where] = value
    text = _toml(body)
    if text is None:
        return
    try:
        sources = read_row_mapping(text, RowPlace.VIEWS, "m").sources
    except ConfigurationError as error:
        assert error.code in ("mapping_wrong", "mapping_malformed")
    else:
        assert len(sources) == 2


def _toml(body: dict[str, object]) -> str | None:
    """The data as TOML with everything inline, ``None`` where TOML cannot say it."""
    try:
        return "\n".join(f"{_key(k)} = {_value(v)}" for k, v in body.items())
    except TypeError:
        return None


def _key(name: str) -> str:
    return '"' + "".join(f"\\u{ord(c):04x}" for c in name) + '"'


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise TypeError
        return str(value)
    if isinstance(value, str):
        if any("\ud800" <= c <= "\udfff" or ord(c) > 0xFFFF for c in value):
            raise TypeError
        return _key(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    raise TypeError


def test_lines_are_found_in_every_form_of_toml() -> None:
    text = "\n".join(
        [
            "# a comment",
            'a = """',
            "b = 1",
            '"""',
            "[t.'x y']",
            "k.l = [",
            "  1,",
            "]",
            "m = 2",
            "[[rows]]",
            "n = 1",
            "[rows.e]",
            '"a[0].b" = "c"',
            "[[rows]]",
            "n = 2",
        ]
    )
    tomllib.loads(text)
    lines = lines_of(text)
    assert line_of(lines, ("a",)) == 2
    assert line_of(lines, ("t", "x y", "k", "l")) == 6
    assert line_of(lines, ("t", "x y", "m")) == 9
    assert line_of(lines, ("rows", 0, "e", "a[0].b")) == 13
    assert line_of(lines, ("rows", 1, "n")) == 15
    assert line_of(lines, ("rows", 1, "e", "nothing")) == 14
    assert ("b",) not in lines


def test_the_elements_are_those_of_r4() -> None:
    """Every element that can be mapped exists in R4 under this name, of this type, as a list or
    not; and the elements that R4 requires are required."""
    from fhir.resources.R4B import get_fhir_model_class

    for resource in RESOURCE_TYPES:
        model = get_fhir_model_class(resource)
        known = {p.alias or n: p for n, p in model.model_fields.items()}
        required = _required(model)
        ours = elements_of(resource)
        for name, type_ in ours.items():
            if name == "value[x]":
                continue
            assert name in known, f"{resource}.{name}"
            is_list = "List" in str(known[name].annotation)
            assert is_list == type_.many, f"{resource}.{name}"
        for name in required:
            assert name not in ours or ours[name].needed, f"{resource}.{name}"


def _required(model: type) -> set[str]:
    found = set()
    for name, info in model.model_fields.items():  # type: ignore[attr-defined]
        extra = info.json_schema_extra or {}
        if info.is_required() or extra.get("element_required"):
            found.add(info.alias or name)
    return found
