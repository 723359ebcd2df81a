"""Finds every error that the source can raise: its code, its class and its wording.

An error is built either on the spot (``InputError("code", Bilingual(…))``) or by a function that
takes the code, and often the words, as parameters. Both are followed; a construction whose code
cannot be read is reported, so that the reference is never silently short.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

UNKNOWN = "…"
# Builds anew what was built elsewhere; no code of its own.
PASSED_ON = {"error.code", "failed.code", "self.code"}


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Tables = dict[str, tuple[str, str]]


@dataclass(frozen=True, order=True)
class FoundError:
    """One construction of an error."""

    code: str
    kind: str
    zh: str
    en: str
    module: str


@dataclass
class Scan:
    """All that was found, and the places that could not be read."""

    errors: set[FoundError] = field(default_factory=set)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Maker:
    """A function that builds an error from its parameters."""

    name: str
    module: str
    kind: str
    parameters: tuple[str, ...]
    code: str
    message: ast.expr | None
    scope: Mapping[str, ast.expr]


@dataclass
class Module:
    """A module's tree and what its names stand for."""

    name: str
    tree: ast.Module
    constants: dict[str, ast.expr]
    imported: dict[str, str]
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef]
    calls: list[ast.Call]


def scan(source: Path, kinds: set[str]) -> Scan:
    """Every error of a source tree.

    Args:
        kinds: names of the error classes.
    """
    modules = [_module(path, source) for path in sorted(source.rglob("*.py"))]
    makers: dict[str, Maker] = {}
    found = Scan()
    # A maker may call another one: each round follows one step further.
    for _ in range(4):
        before = len(makers)
        for module in modules:
            for maker in _makers(module, kinds, makers):
                makers[f"{maker.module}:{maker.name}"] = maker
        if len(makers) == before:
            break
    tables = _tables(modules)
    for module in modules:
        _collect(module, kinds, makers, tables, found)
    return found


def _module(path: Path, source: Path) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = ".".join(path.relative_to(source.parent).with_suffix("").parts)
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return Module(
        name.removesuffix(".__init__"),
        tree,
        _assigned([s for s in tree.body if isinstance(s, ast.Assign | ast.AnnAssign)]),
        {alias.name: str(node.module) for node in imports for alias in node.names},
        [node for node in nodes if isinstance(node, FUNCTIONS)],
        [node for node in nodes if isinstance(node, ast.Call)],
    )


def _assigned(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """What each name is set to, where that is plain."""
    names: dict[str, ast.expr] = {}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
                names.setdefault(node.target.id, node.value)
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                if isinstance(target, ast.Name):
                    names.setdefault(target.id, node.value)
                elif isinstance(target, ast.Tuple):
                    parts = node.value.elts if isinstance(node.value, ast.Tuple) else ()
                    values = parts or [node.value] * len(target.elts)
                    for one, value in zip(target.elts, values, strict=False):
                        if isinstance(one, ast.Name):
                            names.setdefault(one.id, value)
    return names


def _makers(module: Module, kinds: set[str], known: Mapping[str, Maker]) -> Iterator[Maker]:
    if not _building(module.calls, module, kinds, known):
        return
    for function in module.functions:
        building = _building(_calls(function), module, kinds, known)
        if not building:
            continue
        arguments = function.args
        parameters = tuple(a.arg for a in (*arguments.args, *arguments.kwonlyargs))
        scope = {**module.constants, **_assigned(function.body)}
        for call in building:
            built = _built(call, module, kinds, known, scope)
            if (
                built is not None
                and isinstance(built.code, ast.Name)
                and built.code.id in parameters
            ):
                yield Maker(
                    function.name,
                    module.name,
                    built.kind,
                    parameters,
                    built.code.id,
                    built.message,
                    {**scope, **built.scope},
                )


@dataclass(frozen=True)
class Built:
    """What one call says of the error that it builds."""

    kind: str
    code: ast.expr | None
    message: ast.expr | None
    scope: Mapping[str, ast.expr]


def _built(
    call: ast.Call,
    module: Module,
    kinds: set[str],
    makers: Mapping[str, Maker],
    scope: Mapping[str, ast.expr],
) -> Built | None:
    name = _called(call)
    if name in kinds:
        return Built(name, _argument(call, 0, "code"), _argument(call, 1, "message"), scope)
    maker = _maker_of(call, module, makers)
    if maker is None:
        return None
    given = {key: _resolved(value, scope) for key, value in _given(call, maker).items()}
    return Built(maker.kind, given.get(maker.code), maker.message, {**maker.scope, **given})


def _resolved(node: ast.expr, scope: Mapping[str, ast.expr]) -> ast.expr:
    for _ in range(8):
        if not isinstance(node, ast.Name) or scope.get(node.id, node) is node:
            break
        node = scope[node.id]
    return node


def _collect(
    module: Module, kinds: set[str], makers: Mapping[str, Maker], tables: Tables, found: Scan
) -> None:
    building = _building(module.calls, module, kinds, makers)
    if not building:
        return
    owners = {id(call): function for function in module.functions for call in _calls(function)}
    for call in building:
        owner = owners.get(id(call))
        scope = {**module.constants, **(_assigned(owner.body) if owner else {})}
        parameters = {a.arg for a in (*owner.args.args, *owner.args.kwonlyargs)} if owner else set()
        built = _built(call, module, kinds, makers, scope)
        if built is None or (isinstance(built.code, ast.Name) and built.code.id in parameters):
            continue
        codes = set(_codes(built.code, scope, owner)) | set(_of_a_table(built, module))
        if not codes and built.code is not None and ast.unparse(built.code) not in PASSED_ON:
            found.unreadable.append(f"{module.name}:{call.lineno}: {ast.unparse(call)[:90]}")
        for code in codes:
            looked_up = set(_of_a_table(built, module))
            zh, en = _words(built.message, built.scope) if built.message else (UNKNOWN, UNKNOWN)
            if zh == UNKNOWN or (code in looked_up and code in tables):
                zh, en = tables.get(code, (zh, en))
            found.errors.add(FoundError(code, built.kind, zh, en, module.name))


def _tables(modules: list[Module]) -> Tables:
    """The wordings that stand in a table under their code."""
    worded: Tables = {}
    for module in modules:
        for node in module.constants.values():
            if not isinstance(node, ast.Dict):
                continue
            for key, value in zip(node.keys, node.values, strict=True):
                pair = (key, value)
                if isinstance(value, ast.Tuple) and len(value.elts) == 2:
                    pair = (value.elts[0], value.elts[1])
                if isinstance(pair[0], ast.Constant):
                    words = _words(pair[1], module.constants)
                    if words[0] != UNKNOWN:
                        worded.setdefault(str(pair[0].value), words)
    return worded


def _of_a_table(built: Built, module: Module) -> Iterator[str]:
    """The codes of a table in which code or message are looked up."""
    for node in (built.code, built.message):
        looked_up = _resolved(node, built.scope) if node is not None else None
        if isinstance(looked_up, ast.Call) and isinstance(looked_up.func, ast.Attribute):
            named = looked_up.func.value
            if looked_up.func.attr == "get" and isinstance(named, ast.Name):
                table = module.constants.get(named.id)
                if isinstance(table, ast.Dict):
                    yield from _keys(table)
                    yield from _defaults(looked_up)


def _defaults(looked_up: ast.Call) -> Iterator[str]:
    """The code of a look-up's default, where it stands there."""
    for default in looked_up.args[1:]:
        first = default.elts[0] if isinstance(default, ast.Tuple) else default
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def _keys(table: ast.Dict) -> Iterator[str]:
    for key, value in zip(table.keys, table.values, strict=True):
        first = value.elts[0] if isinstance(value, ast.Tuple) else key
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value


def _codes(
    node: ast.expr | None,
    scope: Mapping[str, ast.expr],
    owner: ast.FunctionDef | ast.AsyncFunctionDef | None,
) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _codes(node.body, scope, owner)
        yield from _codes(node.orelse, scope, owner)
    elif isinstance(node, ast.Name):
        for statement in ast.walk(owner) if owner is not None else ():
            if isinstance(statement, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == node.id for t in statement.targets
            ):
                yield from _codes(statement.value, scope, None)
        if node.id in scope and scope[node.id] is not node:
            yield from _codes(_resolved(node, scope), {}, None)


def _words(node: ast.expr | None, scope: Mapping[str, ast.expr], depth: int = 0) -> tuple[str, str]:
    """The wording in both languages; what depends on the case stands as an ellipsis."""
    if isinstance(node, ast.Name) and node.id in scope and depth < 8:
        return _words(scope[node.id], scope, depth + 1)
    if isinstance(node, ast.Call) and _called(node) == "Bilingual":
        zh, en = _argument(node, 0, "zh"), _argument(node, 1, "en")
        return _text(zh, scope), _text(en, scope)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) == 2:
        # A look-up in a table: the default says what is said of every other code.
        default = node.args[1]
        last = default.elts[-1] if isinstance(default, ast.Tuple) else default
        return _words(last, scope, depth + 1) if depth < 8 else (UNKNOWN, UNKNOWN)
    return UNKNOWN, UNKNOWN


def _text(node: ast.expr | None, scope: Mapping[str, ast.expr], depth: int = 0) -> str:
    if depth > 8 or node is None:
        return UNKNOWN
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, scope, depth + 1) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, scope, depth + 1)
    if isinstance(node, ast.IfExp):
        return _text(node.orelse, scope, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, scope, depth + 1) + _text(node.right, scope, depth + 1)
    if isinstance(node, ast.Name) and node.id in scope and scope[node.id] is not node:
        return _text(scope[node.id], scope, depth + 1)
    return UNKNOWN


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node


def _building(
    calls: Iterable[ast.Call], module: Module, kinds: set[str], makers: Mapping[str, Maker]
) -> list[ast.Call]:
    """The calls that build an error."""
    return [call for call in calls if _called(call) in kinds or _maker_of(call, module, makers)]


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if position < len(call.args) else None


def _given(call: ast.Call, maker: Maker) -> dict[str, ast.expr]:
    given = dict(zip(maker.parameters, call.args, strict=False))
    given.update({k.arg: k.value for k in call.keywords if k.arg})
    return given


def _maker_of(call: ast.Call, module: Module, makers: Mapping[str, Maker]) -> Maker | None:
    name = _called(call)
    if not name:
        return None
    own = makers.get(f"{module.name}:{name}")
    if own is not None:
        return own
    return makers.get(f"{module.imported.get(name)}:{name}")
