"""The curators' pages over HTTP: every act holds at once, and only for whom it is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import count
from urllib.parse import quote

import pytest

from suwen.core.knowledge import DocumentState
from suwen.storage.knowledge_types import DocumentFilter
from tests.support.web_library import COLLECTION, OPERATOR, a_document
from tests.support.web_site import Answer, Client, WebSite

CURATOR = "quality.xu"
BASE = f"/library/{COLLECTION}"
ALL = frozenset(DocumentState)


def told(answer: Answer, selector: str) -> str:
    found = answer.page.css_first(selector)
    assert found is not None, selector
    return " ".join(found.text(separator=" ").split())


def upload(client: Client, path: str, files: Mapping[str, bytes], field: str = "files") -> Answer:
    """Sends files as a form without our script does."""
    edge = "edge-of-a-part"
    token = 'Content-Disposition: form-data; name="csrf_token"'
    parts = [f"--{edge}\r\n{token}\r\n\r\n{client.csrf}\r\n".encode()]
    for name, content in files.items():
        head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
        parts.append(f"--{edge}\r\n{head}\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join(parts) + f"--{edge}--\r\n".encode()
    headers = {
        "Content-Type": f"multipart/form-data; boundary={edge}",
        "Origin": f"http://{client.host}",
    }
    return client.request("POST", path, body, headers)


@pytest.fixture
def curator(library: WebSite) -> Client:
    """Somebody who keeps the library and may read all of it but what is most sensitive."""
    return library.person(CURATOR)


NUMBERS = count()


@pytest.fixture
def document(library: WebSite) -> Iterator[str]:
    """A document of its own for a test that changes it."""
    name, store = f"own-{next(NUMBERS)}", library.platform.library.parts.store
    put_text(library, name, "心力衰竭患者每日称体重一次。")
    yield name
    curation = store.curation(OPERATOR.id, library.platform.clock.now())
    library.run(curation.delete(COLLECTION, name))


def put_text(library: WebSite, name: str, text: str) -> None:
    """Stores a document, or another content of it."""
    store, now = library.platform.library.parts.store, library.platform.clock.now()
    given = [a_document(name, f"# 自用文档\n\n{text}")]
    library.run(store.put_documents(COLLECTION, given, OPERATOR.id, now))


def form_of(page: Answer, action: str) -> dict[str, str]:
    """The values of a form as the page shows them."""
    form = page.page.css_first(f'form[action="{action}"]')
    assert form is not None, action
    values = {}
    for one in form.css("input[name]"):
        if one.attributes.get("type") not in ("checkbox", "file"):
            values[str(one.attributes["name"])] = one.attributes.get("value") or ""
    for select in form.css("select"):
        chosen = select.css_first("option[selected]") or select.css_first("option")
        assert chosen is not None
        values[str(select.attributes["name"])] = chosen.attributes.get("value") or chosen.text()
    values.pop("csrf_token", None)
    return values


def test_the_collections_are_listed_with_what_needs_somebody(curator: Client) -> None:
    page = curator.get("/library")
    row = told(page, f'tr:has(a[href="{BASE}"])')
    assert "呼吸内科" in row
    assert page.page.css_first(f'a[href="{BASE}/quarantine"]').text() == "1"
    assert page.page.css_first(f'a[href="{BASE}#due"]') is not None


def test_the_documents_are_listed_with_how_they_stand(curator: Client) -> None:
    page = curator.get(BASE)
    rows = {
        row.css_first("code").text(): " ".join(row.text(separator=" ").split())
        for row in page.page.css(".sw-documents tbody tr")
    }
    assert "已被取代" in rows["former"]
    assert "强推荐" in rows["pathway"]
    assert "steering" not in rows
    assert "minutes" not in rows
    assert "应于 2026-01-01 复审" in told(page, "#due")
    waiting = curator.get(f"{BASE}?state=quarantined")
    assert "steering" in told(waiting, ".sw-documents")
    assert "pathway" in told(curator.get(f"{BASE}?q={quote('诊疗路径')}"), ".sw-documents")
    assert "没有符合条件" in curator.get(f"{BASE}?q={quote('不存在的')}").text


@pytest.mark.parametrize("query", ["state=x&order=y&from=z", "from=-1", "q=" + quote("长" * 300)])
def test_a_made_up_filter_shows_the_usual_list(curator: Client, query: str) -> None:
    assert curator.get(f"{BASE}?{query}").status == 200


def test_a_new_collection_begins_empty(curator: Client, library: WebSite) -> None:
    fields = {"id": "new_one", "title_zh": "新库", "title_en": "New one", "kind": "documents"}
    answer = curator.post("/library", fields)
    assert answer.headers["location"] == "/library/new_one"
    page = curator.get("/library/new_one")
    assert "导入第一批文档" in page.text
    assert "尚无版本" in page.text
    wrong = curator.post("/library", {**fields, "id": "With Blank"})
    assert wrong.status == 422
    assert wrong.page.css_first('input[name="title_zh"]').attributes["value"] == "新库"


def test_life_is_changed_and_holds_at_once(curator: Client, document: str) -> None:
    manage, life = f"{BASE}/manage/{document}", f"{BASE}/life/{document}"
    values = form_of(curator.get(manage), life)
    assert values["expires"] == ""
    answer = curator.post(life, {**values, "issuer": "心内科", "expires": "2020-01-01"})
    assert answer.headers["location"] == f"{manage}?done=life"
    page = curator.get(answer.headers["location"])
    assert "立即生效" in told(page, '[role="status"]')
    assert form_of(page, life)["issuer"] == "心内科"
    assert "已过期" in told(curator.get(f"{BASE}/documents/{document}"), ".sw-holds-not")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires": "someday"}, "失效日期"),
        ({"effective": "2026-01-01", "expires": "2025-01-01"}, "失效日期"),
        ({"supersedes": "{document}"}, "自身"),
    ],
)
def test_a_life_that_cannot_be_is_refused(
    curator: Client, document: str, changes: dict[str, str], said: str
) -> None:
    life = f"{BASE}/life/{document}"
    values = form_of(curator.get(f"{BASE}/manage/{document}"), life)
    filled = {name: value.format(document=document) for name, value in changes.items()}
    answer = curator.post(life, {**values, **filled})
    assert answer.status == 422
    assert said in told(answer, '[role="alert"]')


def test_rights_are_changed_and_hold_at_once(
    curator: Client, library: WebSite, document: str
) -> None:
    reader, where = library.person("nurse.zhao"), f"{BASE}/documents/{document}"
    assert reader.get(where).status == 200
    narrow = {
        "sensitivity": "3",
        "departments": "respiratory",
        "roles": ["nurse", "quality_officer"],
    }
    assert curator.post(f"{BASE}/rights/{document}", narrow).status == 303
    assert reader.get(where).status == 404
    assert library.person("nurse.tang").get(where).status == 200
    page = curator.get(f"{BASE}/manage/{document}")
    chosen = [
        box.attributes["value"]
        for box in page.page.css('input[name="roles"]')
        if "checked" in box.attributes
    ]
    assert sorted(chosen) == ["nurse", "quality_officer"]
    wide = {"sensitivity": "2", "departments": ""}
    assert curator.post(f"{BASE}/rights/{document}", wide).status == 303
    assert reader.get(where).status == 200


def test_who_closes_a_document_to_themselves_is_led_to_its_collection(
    curator: Client, library: WebSite, document: str
) -> None:
    narrow = {"sensitivity": "2", "departments": "", "roles": ["nurse"]}
    answer = curator.post(f"{BASE}/rights/{document}", narrow)
    assert answer.headers["location"] == BASE
    assert curator.get(f"{BASE}/manage/{document}").status == 404
    assert library.person("nurse.zhao").get(f"{BASE}/documents/{document}").status == 200


def test_a_document_is_reviewed_deleted_and_restored(
    curator: Client, library: WebSite, document: str
) -> None:
    manage, reader = f"{BASE}/manage/{document}", library.person("dr.lin")
    review = f"{BASE}/review/{document}"
    version = form_of(curator.get(manage), review)["version"]
    assert curator.post(review, {"version": "99"}).status == 409
    assert curator.post(review, {"version": version}).status == 303
    assert "已审阅" in told(reader.get(f"{BASE}/documents/{document}"), ".sw-passage-state")
    assert curator.get(manage).page.css_first(f'form[action="{review}"]') is None
    assert curator.post(f"{BASE}/delete/{document}").headers["location"] == BASE
    assert reader.get(f"{BASE}/documents/{document}").status == 404
    assert curator.post(f"{BASE}/restore/{document}").status == 303
    assert reader.get(f"{BASE}/documents/{document}").status == 200


def test_former_contents_are_compared_with_the_present(
    curator: Client, library: WebSite, document: str
) -> None:
    put_text(library, document, "心力衰竭患者每日称体重两次。")
    page = curator.get(f"{BASE}/manage/{document}")
    address = page.page.css_first('a[href*="compare="]').attributes["href"] or ""
    compared = curator.get(address.partition("#")[0])
    assert "一次" in told(compared, ".sw-diff-removed")
    assert "两次" in told(compared, ".sw-diff-added")


def test_what_waits_is_shown_with_what_was_found(curator: Client) -> None:
    page = curator.get(f"{BASE}/quarantine")
    assert "有要求模型改变行为的语句" in told(page, ".sw-found")
    assert "忽略之前的所有规定" in told(page, ".sw-found mark")


def test_only_what_was_shown_is_released(curator: Client, library: WebSite) -> None:
    where = {"document": "steering", "decision": "release"}
    old = curator.post(f"{BASE}/quarantine", {**where, "version": "7"})
    assert old.status == 409
    assert "重新打开" in told(old, '[role="alert"]')
    values = form_of(curator.get(f"{BASE}/quarantine"), f"{BASE}/quarantine")
    assert curator.post(f"{BASE}/quarantine", {**values, "decision": "release"}).status == 303
    page = curator.get(f"{BASE}/quarantine?done=released")
    assert "已解除隔离" in told(page, '[role="status"]')
    assert "没有等待审查" in page.text
    assert library.person("dr.lin").get(f"{BASE}/documents/steering").status == 200


def test_files_are_taken_as_a_job(curator: Client, library: WebSite) -> None:
    files = {"心衰.md": "# 心衰\n\n每日称体重。".encode(), "空.txt": b"", "二.txt": b"text"}
    answer = upload(curator, f"{BASE}/import", files)
    assert answer.headers["location"] == f"{BASE}/import"
    page = curator.get(f"{BASE}/import")
    assert "3" in told(page, "#jobs tbody")
    assert "没有运行" in told(page, ".sw-warn")
    assert page.page.css_first("#jobs[hx-get]") is not None
    part = curator.get(f"{BASE}/import", **{"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="jobs"')
    job = re.search(r"/jobs/([^/]+)/pause", page.text)
    assert job is not None
    paused = curator.post(f"/jobs/{job[1]}/pause", {"back": f"{BASE}/import"})
    assert paused.headers["location"] == f"{BASE}/import"
    assert "已暂停" in told(curator.get(f"/jobs/{job[1]}"), "#jobs tbody")
    assert (
        curator.post(f"/jobs/{job[1]}/cancel", {"back": "//elsewhere.example"}).headers["location"]
        == "/"
    )
    assert curator.post(f"/jobs/{job[1]}/explode").status == 404


def test_an_upload_without_a_file_or_token_does_nothing(curator: Client) -> None:
    assert upload(curator, f"{BASE}/import", {}).status == 422
    body = b"--e\r\nContent-Disposition: form-data; name=x\r\n\r\n1\r\n--e--\r\n"
    headers = {
        "Content-Type": "multipart/form-data; boundary=e",
        "Origin": f"http://{curator.host}",
    }
    assert curator.request("POST", f"{BASE}/import", body, headers).status == 403


def test_files_for_the_library_may_be_larger_than_other_forms(curator: Client) -> None:
    large = {"large.txt": b"a b c\n" * 500_000}
    assert upload(curator, f"{BASE}/import", large).status == 303
    refused = upload(curator, "/language", large)
    assert refused.status == 422
    assert "request_too_large" in refused.text


def test_an_edition_is_put_in_use_compared_and_rolled_back(
    curator: Client, library: WebSite, document: str
) -> None:
    editions = library.platform.library.editions
    library.run(editions.build(COLLECTION, OPERATOR))
    page = curator.get(f"{BASE}/editions")
    first, second = (
        option.attributes["value"] for option in reversed(page.page.css('[name="to"] option'))
    )
    compared = curator.get(f"{BASE}/editions?from={first}&to={second}")
    assert document in told(compared, ".sw-diff-list-added")
    back = f"{BASE}/editions/{first}/activate"
    assert "回退" in told(page, f'form[action="{back}"]')
    assert curator.post(back).headers["location"] == f"{BASE}/editions?done=activated"
    again = curator.get(f"{BASE}/editions")
    assert again.page.css_first(f'form[action="{back}"]') is None
    assert curator.post(f"{BASE}/editions/{second}/activate").status == 303
    assert curator.post(f"{BASE}/editions/{'0' * 64}/activate").status == 404


def test_an_edition_is_carried_out_and_a_changed_file_is_not_taken_in(
    curator: Client, library: WebSite
) -> None:
    page = curator.get(f"{BASE}/editions")
    action = page.page.css_first('form[action$="/export"]').attributes["action"] or ""
    carried = curator.post(action)
    assert carried.status == 200
    assert "attachment" in carried.headers["content-disposition"]
    assert len(carried.body) > 1000
    middle = len(carried.body) // 2
    changed = carried.body[:middle] + b"\0\0\0\0" + carried.body[middle + 4 :]
    for data in (changed, b"no edition", carried.body[:middle]):
        refused = upload(curator, "/library/install", {"e": data}, "file")
        assert refused.status in (409, 422)
        assert told(refused, '[role="alert"]')


def test_a_build_is_a_job(curator: Client) -> None:
    answer = curator.post(f"{BASE}/editions/build")
    assert answer.headers["location"] == f"{BASE}/editions?done=building"
    page = curator.get(answer.headers["location"])
    assert "构建" in told(page, "#jobs tbody")


def test_the_bench_says_what_each_leg_found(curator: Client) -> None:
    page = curator.post(f"{BASE}/bench", {"query": "抗菌药物疗程", "limit": "10"})
    assert page.page.css_first('input[name="query"]').attributes["value"] == "抗菌药物疗程"
    heads = [head.text() for head in page.page.css(".sw-bench th")]
    assert heads[2:5] == ["原文", "词法", "向量"]
    first = page.page.css(".sw-bench tbody tr")[0]
    assert first.css("td")[3].text(separator=" ").split()[0].isdigit()
    assert "院内讨论纪要" not in page.text
    assert curator.post(f"{BASE}/bench", {"query": " ", "limit": "10"}).status == 422


def test_title_owner_and_rights_of_a_collection_are_set(curator: Client) -> None:
    where = "/library/typical_cases/settings"
    values = form_of(curator.get(where), where)
    assert values["title_en"] == "Typical cases"
    changed = {**values, "owner": "医务处"}
    assert curator.post(where, changed).headers["location"] == f"{where}?done=settings"
    assert form_of(curator.get(where), where)["owner"] == "医务处"
    assert curator.post(where, {**values, "title_zh": ""}).status == 422


PAGES = (
    "/library",
    BASE,
    f"{BASE}/quarantine",
    f"{BASE}/import",
    f"{BASE}/editions",
    f"{BASE}/bench",
    f"{BASE}/settings",
    f"{BASE}/manage/pathway",
)
ACTS = (
    "/library",
    "/library/install",
    f"{BASE}/quarantine",
    f"{BASE}/import",
    f"{BASE}/editions/build",
    f"{BASE}/bench",
    f"{BASE}/settings",
    f"{BASE}/life/pathway",
    f"{BASE}/rights/pathway",
    f"{BASE}/review/pathway",
    f"{BASE}/restore/pathway",
    f"{BASE}/delete/pathway",
)


@pytest.mark.parametrize("account", ["dr.lin", "security.dong"])
def test_who_does_not_keep_the_library_changes_nothing(library: WebSite, account: str) -> None:
    client = library.person(account)
    assert [client.get(path).status for path in PAGES] == [403] * len(PAGES)
    fields = {
        "id": "x",
        "title_zh": "x",
        "title_en": "x",
        "kind": "documents",
        "version": "1",
        "sensitivity": "1",
        "limit": "10",
        "query": "x",
        "document": "steering",
        "decision": "reject",
    }
    answers = {path: client.post(path, fields).status for path in ACTS}
    assert set(answers.values()) <= {403, 422}
    assert "library" not in [a.text() for a in client.get("/about").page.css(".sw-nav a")]
    documents = library.platform.library.curation.documents
    left = library.run(documents(COLLECTION, OPERATOR, DocumentFilter(states=ALL)))
    assert "pathway" in {one.id for one in left if one.state is DocumentState.ACTIVE}


def test_the_system_administrator_handles_what_it_may_not_read(library: WebSite) -> None:
    client = library.person("it.cao")
    page = client.get(BASE)
    assert page.status == 200
    assert "诊疗路径" not in page.text
    assert "pathway" in page.text
    assert client.get(f"{BASE}/manage/pathway").status == 200
    assert client.get(f"{BASE}/documents/pathway").status == 404
