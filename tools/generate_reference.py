"""Writes docs/reference from the code itself; ``--check`` says whether it is current.

What is written is what the program does: the tree of commands, the settings with their defaults,
the fields of a manifest, every error that can be raised, and the fault points of the kill tests.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from error_scan import FoundError, scan
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from record_quality_page import record_quality_rules

from suwen.appkit.manifest import _Manifest as ManifestForm
from suwen.bootstrap.settings import Settings
from suwen.cli.register import COMMANDS, CommandTree, every_command
from suwen.clinical.medicines.rows import TABLES, RuleRow
from suwen.clinical.prescription_review import RuleBook, rule_book
from suwen.clinical.prescription_review.examples import example_of
from suwen.core import errors
from suwen.core.errors import ERROR_MEANINGS, SuwenError
from suwen.core.faults import FAULT_POINTS
from suwen.core.manifest import BulkForm, DeviceStatus, Hazard, Manifest, ModelProfile
from suwen.integration.hl7v2.refusal import MessageRefusedError

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "src" / "suwen"
TARGET = REPOSITORY / "docs" / "reference"
MARK = "<!-- Written by tools/generate_reference.py from the code; do not edit. -->"

ENVIRONMENT = {
    "SUWEN_AUDIT_ANCHOR": "Audit anchor: a file outside SUWEN_HOME, or `syslog`.",
    "SUWEN_CLIENT_KEY": "Key of the program that `suwen mcp` acts for.",
    "SUWEN_DATABASE_URL": "The hospital's own PostgreSQL: general partition's service.",
    "SUWEN_DEBUG": "Shows the stack of a defect; may quote what was worked on.",
    "SUWEN_DEVICE_DATABASE_URL": "The device partition's service.",
    "SUWEN_DEVICE_MIGRATION_DATABASE_URL": "Owner of the device tables, where it is another.",
    "SUWEN_FAULT_FOLDER": "Arms the fault points; for kill tests only.",
    "SUWEN_HOME": "State directory; default `./var`.",
    "SUWEN_JOBS_DATABASE_URL": "The role of durable jobs.",
    "SUWEN_LANGUAGE": "Language of the command line, `zh` or `en`; default: the locale's.",
    "SUWEN_MIGRATION_DATABASE_URL": "Owner of the tables, for migrations and backups.",
    "SUWEN_TOKEN": "Token of the person named by `--as`; default: the file of `suwen login`.",
}


class IncompleteError(Exception):
    """The code says something that the reference cannot state."""


def commands() -> Iterator[str]:
    """Every command with its arguments and options."""
    yield "# Commands · 命令"
    yield "Every command takes `--json`, anywhere on the line. 每条命令都接受 `--json`。"
    yield (
        "Exit status: 0 done · 1 the check that was asked for found something · 2 bad usage or "
        "bad input · 3 refused by policy · 4 something needed is unavailable · 70 a defect of ours."
    )
    last = ""
    for name, command in every_command(CommandTree(name="suwen")):
        noun = name.split()[0]
        if noun != last:
            title = COMMANDS[noun][1]
            yield f"## {noun} · {title.zh}\n\n{title.en}."
            last = noun
        yield from _command(name, command)


def _command(name: str, command: Any) -> Iterator[str]:
    shown = [p for p in command.params if not getattr(p, "hidden", False)]
    arguments = [p for p in shown if p.param_type_name == "argument"]
    options = [p for p in shown if p.param_type_name == "option" and p.name != "help"]
    usage = " ".join([_placeholder(a) for a in arguments])
    yield f"### `suwen {' '.join(filter(None, [name, '[OPTIONS]' if options else '', usage]))}`"
    yield _sentence(command.help)
    rows = [(f"`{_placeholder(a)}`", _sentence(a.help or ""), _needed(a)) for a in arguments]
    rows += [(f"`{_option(o)}`", _sentence(o.help or ""), _needed(o)) for o in options]
    if rows:
        yield _table(("", "meaning", "default"), rows)


def _placeholder(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    names = " ".join(sorted(option.opts, key=len)[-1:])
    if option.is_flag:
        return " / ".join([names, *option.secondary_opts])
    choices = option.type_descriptor.choices
    if choices:
        values = "|".join(str(getattr(c, "value", c)) for c in choices)
        return f"{names} {values}"
    return f"{names} {option.metavar or option.name.upper()}"


def _needed(parameter: Any) -> str:
    if parameter.required:
        return "required"
    default = parameter.default
    if default in (None, "", False, ()) or callable(default):
        return ""
    return f"`{getattr(default, 'value', default)}`"


def settings() -> Iterator[str]:
    """Environment variables and the file suwen.toml."""
    yield "# Settings · 设置"
    yield "## Environment variables · 环境变量"
    used = set(_environment_names())
    if used != set(ENVIRONMENT):
        raise IncompleteError(f"environment variables differ: {sorted(used ^ set(ENVIRONMENT))}")
    rows = [(f"`{name}`", text) for name, text in sorted(ENVIRONMENT.items())]
    yield _table(("variable", "meaning"), rows)
    yield "## SUWEN_HOME/suwen.toml"
    yield "An unknown key or a value of the wrong type is refused at every start."
    top = []
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield f"### [{name}]\n\n{_sentence(section.__doc__ or '')}"
            yield _table(("key", "type", "default", "meaning"), list(_fields(section)))
            yield from _listed(name, section)
        elif name not in ("home", "outside_databases"):
            top.append(_field(name, field))
    yield "### top of the file\n\n" + _table(("key", "type", "default", "meaning"), top)


def _listed(name: str, section: type[BaseModel]) -> Iterator[str]:
    """The keys of what a section lists, each entry a table of its own."""
    for key, field in section.model_fields.items():
        if typing.get_origin(field.annotation) in (list, tuple):
            for entry in _models_in(typing.get_args(field.annotation)[0]):
                yield f"### [[{name}.{key}]]\n\n{_sentence(entry.__doc__ or '')}"
                yield _table(("key", "type", "default", "meaning"), list(_fields(entry)))


def _trees_with(word: str) -> Iterator[tuple[Path, ast.Module]]:
    """The modules whose text holds a word, in the order of their paths."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if word in text:
            yield path, ast.parse(text)


def _environment_names() -> Iterator[str]:
    for _, tree in _trees_with("SUWEN_"):
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"SUWEN_[A-Z_]+", text):
                yield text


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        yield _field(name, field)


def _field(name: str, field: Any) -> tuple[str, ...]:
    if not field.description:
        raise IncompleteError(f"setting {name} has no description")
    bounds = [_bound(limit) for limit in field.metadata]
    kind = ", ".join([_type(field.annotation), *filter(None, bounds)])
    plain = str(field.default).lower() if isinstance(field.default, bool) else field.default
    default = "" if field.default in (None, (), PydanticUndefined) else f"`{plain}`"
    return f"`{name}`", kind, default, _sentence(field.description)


def _bound(limit: Any) -> str:
    if getattr(limit, "min_length", None):
        return "not empty"
    for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        value = getattr(limit, name, None)
        if value is not None:
            return f"{sign} {value}"
    pattern = getattr(limit, "pattern", None)
    return f"pattern `{pattern}`" if pattern else ""


def _type(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        bounds = " ".join(filter(None, (_bound(limit) for limit in _limits(inner[1:]))))
        return f"{_type(inner[0])} {bounds}".strip()
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(one) for one in inner if one is not type(None))
    if origin in (list, tuple):
        return f"list of {_type(inner[0])}"
    if origin is dict:
        return f"section of {_type(inner[1])}"
    if isinstance(annotation, type) and issubclass(annotation, str) and annotation is not str:
        return ", ".join(f"`{value}`" for value in annotation)  # type: ignore[attr-defined]
    words = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return words.get(annotation) or annotation.__name__.strip("_")


def _limits(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for one in metadata:
        yield from getattr(one, "metadata", (one,))


def manifest() -> Iterator[str]:
    """The fields of an application's manifest.toml."""
    yield "# manifest.toml · 应用清单"
    yield "Every field is asked for, so that none is forgotten; an unknown one is refused."
    yield _table(("field", "form", "meaning"), list(_described(ManifestForm, Manifest)))
    parts: dict[str, type] = {"device_status": DeviceStatus, "model_profile": ModelProfile}
    parts |= {"hazards": Hazard, "bulk": BulkForm}
    for name, part in parts.items():
        model = next(_models_in(ManifestForm.model_fields[name].annotation))
        yield f"## {name}\n\n{_sentence(part.__doc__ or '')}"
        yield _table(("field", "form", "meaning"), list(_described(model, part)))


DERIVED = {"least_partition"}
"""What no manifest writes: it follows from what it writes."""


def _described(model: type[BaseModel], core: type) -> Iterator[tuple[str, ...]]:
    told = dict(re.findall(r"^        (\w+): (.+(?:\n            .+)*)", core.__doc__ or "", re.M))
    wanted = {f.name for f in dataclasses.fields(core)}
    if set(model.model_fields) != wanted - DERIVED or set(told) != wanted:
        raise IncompleteError(f"{core.__name__}: {sorted(wanted ^ set(told))} not described")
    for name, field in model.model_fields.items():
        bounds = " ".join(filter(None, (_bound(limit) for limit in field.metadata)))
        optional = "" if field.is_required() else ", may be left out"
        form = f"{_type(field.annotation)} {bounds}".strip() + optional
        yield f"`{name}`", form.replace("Bilingual", "`zh` and `en`"), _sentence(told[name])


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _models_in(inner)


def error_codes() -> Iterator[str]:
    """Every error with what it means at every door."""
    yield "# Errors · 错误代码"
    yield "An ellipsis stands for what depends on the case. 省略号代表随情况而变的部分。"
    yield "## Kinds · 类别"
    head = ("kind", "HTTP", "exit status", "batch line", "audit")
    rows = [
        (name, str(m.http_status), str(m.exit_status), m.batch_status, m.audit_outcome)
        for name, m in ERROR_MEANINGS.items()
    ]
    yield _table(head, rows)
    yield "## Codes · 代码"
    kinds = {name: kind for name, kind in vars(errors).items() if _is_error(kind)}
    kinds[MessageRefusedError.__name__] = MessageRefusedError
    found = scan(SOURCE, set(kinds))
    if found.unreadable:
        raise IncompleteError("errors without a readable code:\n" + "\n".join(found.unreadable))
    yield _table(
        ("code", "kind", "中文", "English", "raised in"), list(_codes(found.errors, kinds))
    )


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, SuwenError)


def _codes(found: set[FoundError], kinds: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    by_code: dict[tuple[str, str], list[FoundError]] = {}
    for error in sorted(found):
        by_code.setdefault((error.code, kinds[error.kind].category), []).append(error)
    for (code, category), same in by_code.items():
        zh, en = _distinct(e.zh for e in same), _distinct(e.en for e in same)
        places = _distinct(f"`{'.'.join(e.module.split('.')[1:3])}`" for e in same)
        yield f"`{code}`", category, zh, en, places


def _distinct(texts: Iterator[str]) -> str:
    return "<br>".join(dict.fromkeys(texts))


def fault_points() -> Iterator[str]:
    """The places where a kill test may strike."""
    yield "# Fault points · 故障点"
    yield (
        "A fault point does nothing unless a test arms it: it writes a file of this name into the "
        "folder that `SUWEN_FAULT_FOLDER` names, and the first process to pass there dies as by "
        "`kill -9`. With the content `wait` the process stands still there instead."
    )
    places = dict(_fault_places())
    if set(places) != set(FAULT_POINTS):
        raise IncompleteError(f"fault points differ: {sorted(set(places) ^ set(FAULT_POINTS))}")
    yield _table(("name", "where"), [(f"`{name}`", places[name]) for name in FAULT_POINTS])


def _fault_places() -> Iterator[tuple[str, str]]:
    for path, tree in _trees_with("fault_point"):
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                named = isinstance(node, ast.Call) and ast.unparse(node.func) == "fault_point"
                if named and isinstance(node.args[0], ast.Constant):
                    module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
                    yield node.args[0].value, f"`{module}`, `{function.name}`"


def prescription_rules() -> Iterator[str]:
    """Every rule of prescription review with its source and two examples."""
    book = rule_book()
    yield "# Rules of prescription review · 处方审核规则"
    yield (
        "Each row with its severity, source, how well that is known, an example of which it "
        "speaks and one that it leaves alone; a test holds every row to both. A row `from_memory` "
        "fires in full and awaits local review; every finding can be overridden in one step. "
        "每条规则附来源、可信度、触发示例和不触发示例。"
    )
    for table in TABLES:
        if table not in ("medicines", "products", "conditions", "allergens"):
            yield f"## {table.replace('_', ' ').capitalize()}"
            rows = [_rule(row, book) for row in book.rows(table)]
            head = ("rule", "what", "severity", "fires", "silent", "source", "confidence")
            yield _table(head, rows)


_WORDS_OF_RULES = ("effect_en", "advice_en", "reason_en", "title_en", "text_en", "note_en")


def _rule(row: RuleRow, book: RuleBook) -> tuple[str, ...]:
    example = example_of(row, book)
    subject = " × ".join(
        row.text(c)
        for c in ("a", "b", "medicine", "classes", "from_subject", "to_subject", "condition")
        if row.text(c)
    )
    words = next((row.text(c) for c in _WORDS_OF_RULES if row.text(c)), "")
    severity = row.text("severity") or row.text("pregnancy") or row.text("lactation") or "info"
    fires = "" if example is None else _asked(example.fires)
    silent = "" if example is None else _asked(example.silent)
    what = f"{subject}: {words}" if subject and words else subject or words
    return (row.id, what, severity, fires, silent, row.source.title, row.confidence.value)


_USUAL_PATIENT = ("age_y", "weight_kg", "egfr", "creatinine_umol_l", "child_pugh")


def _asked(request: Mapping[str, Any]) -> str:
    orders = "; ".join(
        " ".join(
            str(round(v, 3) if isinstance(v, float) else v)
            for c in ("drug", "dose", "unit", "route", "frequency", "form", "days")
            if (v := order.get(c)) is not None
        )
        for order in request["orders"]
    )
    patient = request["patient"]
    said = [f"{c} {patient[c]:g}" if isinstance(patient[c], float | int) else f"{c} {patient[c]}"
            for c in _USUAL_PATIENT if c in patient]  # fmt: skip
    said += [c for c in ("pregnant", "lactating") if patient.get(c)]
    said += [entry["text"] for entry in request["diagnoses"]]
    said += ["allergies not known"] if request["allergies"] is None else request["allergies"]
    return f"{orders} ({', '.join(said)})"


def _sentence(text: str) -> str:
    return " ".join(text.split("\n\n")[0].replace("``", "`").split())


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


PAGES = {
    "commands.md": commands,
    "settings.md": settings,
    "manifest.md": manifest,
    "errors.md": error_codes,
    "fault-points.md": fault_points,
    "record-quality-rules.md": record_quality_rules,
    "prescription-rules.md": prescription_rules,
}


def main() -> int:
    """Writes the pages, or with ``--check`` says which are not current (status 1)."""
    pages = {name: "\n\n".join([MARK, *write()]) + "\n" for name, write in PAGES.items()}
    if "--check" in sys.argv[1:]:
        stale = [name for name, text in pages.items() if _written(name) != text]
        print(
            *(f"docs/reference/{name} is not current: run {__file__}" for name in stale), sep="\n"
        )
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (TARGET / name).write_text(text, encoding="utf-8")
    return 0


def _written(name: str) -> str:
    path = TARGET / name
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
