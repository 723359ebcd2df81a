"""Departments learned from visits: laid over the table, which stays the floor; no words kept."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from suwen.clinical.department_learning import LEAST_VISITS, Visit, learn
from suwen.clinical.department_model import DepartmentModel, pieces, read_model
from suwen.clinical.departments import own_table, rank_departments, shares_of

# Words that the platform's table does not have, as a hospital's patients may use them.
SAID = {
    "dermatology": ("长了癞疙宝", "身上起癞疙宝好久了", "癞疙宝又多了，咋整", "娃娃长癞疙宝"),
    "orthopaedics": ("倒拐子扭了", "倒拐子痛得很", "打球倒拐子肿起", "倒拐子使不得力"),
}
VISITS = [Visit(text, code) for code, texts in SAID.items() for text in texts for _ in range(3)]


@pytest.fixture(scope="module")
def model() -> DepartmentModel:
    """What these visits show."""
    return learn(VISITS, own_table())


def first(text: str, model: DepartmentModel | None) -> str:
    """The department that is named first."""
    return rank_departments([text], learned=model)[0].department.code


@pytest.mark.parametrize(
    ("text", "code"), [("我有癞疙宝", "dermatology"), ("倒拐子不舒服", "orthopaedics")]
)
def test_a_word_of_the_region_is_learned(model: DepartmentModel, text: str, code: str) -> None:
    assert first(text, None) != code
    assert first(text, model) == code


def test_shares_stay_shares_and_departments_stay(model: DepartmentModel) -> None:
    for text in ("癞疙宝", "咳嗽三天有痰", "", "hello", "胸口不舒服"):
        ranked = rank_departments([text], learned=model)
        assert sum(one.score for one in ranked) == pytest.approx(1.0, abs=0.05)
        assert {one.department.code for one in ranked} == set(own_table().departments)
        assert [one.score for one in ranked] == sorted((o.score for o in ranked), reverse=True)


@pytest.mark.parametrize(
    "text", ["咳嗽三天，有痰", "反酸烧心，胃胀", "小便痛，尿频", "a cough with phlegm"]
)
def test_what_was_never_learned_is_as_the_table_has_it(model: DepartmentModel, text: str) -> None:
    before, after = rank_departments([text]), rank_departments([text], learned=model)
    assert before[0].department == after[0].department
    assert after[0].score == pytest.approx(before[0].score)


class Contrary:
    """Learned that everything belongs elsewhere."""

    def shares(self, plain: str, whole: object, opening: object) -> dict[str, float]:
        """Nothing for what the table says."""
        codes = sorted(own_table().departments)
        told = dict.fromkeys(codes, 1e-9)
        return told | {"dermatology": 0.4, "ophthalmology": 0.3, "stomatology": 0.3}


def test_what_the_table_names_first_stays_among_the_first_three() -> None:
    for text in ("咳嗽三天，有痰", "反酸烧心，胃胀", "小便痛，尿频"):
        [named] = {rank_departments([text])[0].department.code}
        ranked = rank_departments([text], learned=Contrary())
        assert named in [one.department.code for one in ranked[:3]]
        assert ranked[0].department.code == "dermatology"
        assert [one.score for one in ranked] == sorted((o.score for o in ranked), reverse=True)


def test_age_and_pregnancy_keep_their_weight(model: DepartmentModel) -> None:
    child = rank_departments(["长了癞疙宝"], age_y=3.0, learned=model)
    assert child[0].department.code == "paediatrics"
    pregnant = rank_departments(["倒拐子痛"], pregnant=True, learned=model)
    assert pregnant[0].department.code == "obstetrics"


def test_the_same_visits_give_the_same_model(model: DepartmentModel) -> None:
    again = learn(VISITS, own_table())
    assert again.as_bytes() == model.as_bytes()
    kept = read_model(model.as_bytes())
    plain = "倒拐子痛"
    shares = shares_of(plain, own_table())
    assert kept.shares(plain, shares, shares) == model.shares(plain, shares, shares)


def test_what_fewer_than_three_visits_said_leaves_no_trace() -> None:
    rare = [Visit("姓欧阳的邻居介绍我来看癞疙宝", "dermatology")] * (LEAST_VISITS - 1)
    model = learn([*VISITS, *rare], own_table())
    told = set(pieces("姓欧阳的邻居介绍我来")) - {
        place for visit in VISITS for place in pieces(visit.text)
    }
    places = np.array(sorted(told))
    assert len(places) > 20
    assert not model.places[:, places].any()
    assert not model.rarity[places].any()


def test_a_department_with_few_visits_is_left_to_the_table(model: DepartmentModel) -> None:
    more = learn([*VISITS, Visit("牙疼", "stomatology")], own_table())
    assert more.codes == model.codes
    with pytest.raises(ValueError, match="two departments"):
        learn([visit for visit in VISITS if visit.department == "dermatology"], own_table())


def test_a_file_that_is_no_model_is_refused(model: DepartmentModel) -> None:
    whole = model.as_bytes()
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("codes.npy", b"")
    for content in (b"", b"PK", whole[:-200], empty.getvalue()):
        with pytest.raises((ValueError, zipfile.BadZipFile)):
            read_model(content)
