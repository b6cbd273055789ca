"""Small changes of a module's source, as a mistake makes them: each a kind, a place and the text that stands there."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

#: What stands for what in a comparison: the boundary that moves, and the sense that turns.
_COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_COUNTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_CALLED: Final = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list"}
#: Functions to swap whose arguments breaks every call of theirs.
_ORDERED: Final = frozenset({"isinstance", "issubclass", "getattr", "setattr", "map", "filter", "partial", "cast"})
#: What only tells a reader of the code, or the type checker, something.
_UNSEEN: Final = frozenset({"__repr__", "__all__", "__slots__", "__hash__"})
_UNSEEN_CALLS: Final = frozenset({"TypeVar", "HarnessError", "UsageError", "ShapeError", "cast"})


#: What nothing comes after.
_LEAVES: Final = (ast.Raise, ast.Continue, ast.Break, ast.Return)


@dataclass(frozen=True)
class Change:
    """A change of a module's source.

    Attributes:
        kind: of change, such as `comparison`.
        start: the first byte of what is replaced.
        end: the byte after it.
        text: what stands there instead.
        line: counted from 1.
        function: the line with which the code of its function begins, decorators included; 0 outside of any.
    """

    kind: str
    start: int
    end: int
    text: str
    line: int
    function: int

    def applied(self, source: bytes) -> bytes:
        """The source with the change."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def diff(name: str, before: bytes, after: bytes) -> str:
    """What a change makes of a file, in lines."""
    old, new = (each.decode().splitlines() for each in (before, after))
    return "\n".join(list(difflib.unified_diff(old, new, name, name, lineterm="", n=1))[2:])


def can_be(source: bytes) -> bool:
    """Whether a changed module is Python: what is in parentheses is no target, for one."""
    try:
        compile(source, "changed", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def changes(source: bytes) -> list[Change]:
    """All changes of a module, in the order of its text; of a few it can be no module any more."""
    return sorted(_Finder(source).found, key=lambda each: (each.start, each.end, each.kind, each.text))


class _Finder:
    """Looks through a module for what can be changed."""

    def __init__(self, source: bytes) -> None:
        self.found: list[Change] = []
        self._lines = [0]
        for line in source.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._function = 0
        self._returns: ast.expr | None = None
        self._fields: dict[str, list[str]] = {}
        module = ast.parse(source)
        self._named = _constants_named(module)
        self._look_at_block(module.body)

    def _note(self, kind: str, node: ast.expr | ast.stmt, text: str, to: ast.stmt | None = None) -> None:
        last = to or node
        assert last.end_lineno is not None
        assert last.end_col_offset is not None
        start = self._lines[node.lineno - 1] + node.col_offset
        end = self._lines[last.end_lineno - 1] + last.end_col_offset
        self.found.append(Change(kind, start, end, text, node.lineno, self._function))

    def _instead(self, kind: str, node: ast.expr, changed: ast.expr) -> None:
        self._note(kind, node, f"({ast.unparse(changed)})")

    # Statements

    def _look_at_block(self, block: list[ast.stmt]) -> None:
        for statement in block:
            if not _is_unseen(statement):
                self._look_at(statement)
        for one, other in pairwise(block):
            if _may_go(one) and _may_go(other) and not isinstance(other, _LEAVES):
                self._note("order changed", one, f"{ast.unparse(other)}; {ast.unparse(one)}", to=other)

    def _look_at(self, node: ast.stmt) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._look_into(node)
            return
        if _may_go(node):
            self._note("statement dropped", node, "pass")
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self._note("done twice", node, f"{ast.unparse(node)}; {ast.unparse(node)}")
        if isinstance(node, ast.If | ast.While):
            self._instead("condition negated", node.test, ast.UnaryOp(ast.Not(), node.test))
        if isinstance(node, ast.If):
            for operator, always in ((ast.And(), False), (ast.Or(), True)):
                self._instead("branch fixed", node.test, ast.BoolOp(operator, [node.test, ast.Constant(always)]))
        if isinstance(node, ast.For):
            for some in _some_of(node.iter):
                self._instead("one skipped", node.iter, some)
        if isinstance(node, ast.Return) and node.value is not None:
            for value in _other_results(node.value, self._returns):
                self._instead("return changed", node.value, value)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "decorator_list", "bases", "type_params"):
                continue
            parts = value if isinstance(value, list) else [value]
            if parts and isinstance(parts[0], ast.stmt):
                self._look_at_block(parts)
                continue
            for part in parts:
                if isinstance(part, ast.ExceptHandler | ast.match_case):
                    self._look_at_block(part.body)
                elif isinstance(part, ast.withitem):
                    self._look_at_value(part.context_expr)
                elif isinstance(part, ast.expr):
                    self._look_at_value(part)

    def _look_into(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        before = self._function, self._returns, self._fields
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self._look_at_value(default)
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        self._function, self._returns, self._fields = first, node.returns, _fields_in(node)
        if isinstance(node.returns, ast.Constant) and node.returns.value is None:
            for statement in node.body[1:]:
                self._note("left early", statement, "return")
        self._look_at_block(node.body)
        self._function, self._returns, self._fields = before

    # Expressions

    def _look_at_value(self, node: ast.AST) -> None:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and _name_of(node.func) in _UNSEEN_CALLS):
            return
        if isinstance(node, ast.expr):
            for kind, make in _OPERATORS.items():
                for changed in make(node):
                    self._instead(kind, node, changed)
            for kind, named in (("name exchanged", self._named), ("field exchanged", self._fields)):
                for changed in _siblings(node, named):
                    self._instead(kind, node, changed)
        if isinstance(node, ast.Lambda):
            before, self._function = self._function, node.lineno
            self._look_at_value(node.body)
            self._function = before
            return
        for child in ast.iter_child_nodes(node):
            self._look_at_value(child)


def _is_unseen(node: ast.stmt) -> bool:
    """Whether a statement does nothing that a caller could see."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Assert() | ast.Pass() | ast.Global() | ast.Nonlocal():
            return True
        case ast.Expr(ast.Constant()):
            return True
        case ast.If(ast.Name("TYPE_CHECKING")):
            return True
        case ast.FunctionDef(name) | ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
            return name in _UNSEEN
        case ast.Raise(ast.Call(ast.Name(name))):
            return name in _UNSEEN_CALLS
    return False


def _may_go(node: ast.stmt) -> bool:
    """Whether the code may go on without a statement; without a local name it would break at once."""
    match node:
        case ast.Expr(ast.Call()) | ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Delete():
            return True
        case ast.Assign([ast.Attribute() | ast.Subscript()]) | ast.Return(None):
            return True
    return False


def _name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _other_results(value: ast.expr, returns: ast.expr | None) -> Iterator[ast.expr]:
    """What a function of this type may return as well."""
    said = "" if returns is None else ast.unparse(returns)
    if said == "bool" and not isinstance(value, ast.Constant | ast.Compare):
        yield ast.UnaryOp(ast.Not(), value)
    if said.endswith("| None") and not (isinstance(value, ast.Constant) and value.value is None):
        yield ast.Constant(None)
    if said == "int" and not isinstance(value, ast.Constant):
        yield ast.BinOp(value, ast.Add(), ast.Constant(1))
    if said.startswith(("list[", "Listed[", "Sequence[")) and ast.unparse(value) != "[]":
        yield ast.List([], ast.Load())


# The operators: what may stand in the place of an expression.


def _comparisons(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _COMPARED.get(type(operator), ()):
                changed = deepcopy(node)
                changed.ops[place] = other()
                yield changed


def _numbers(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


def _constants(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, str):
            yield ast.Constant(f"{node.value}X" if node.value else "X")


def _arithmetic(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and (other := _COUNTED.get(type(node.op))):
        yield ast.BinOp(node.left, other(), node.right)


def _conditions(node: ast.expr) -> Iterator[ast.expr]:
    """A condition of several without one of them, with the other connective; a choice that is turned round."""
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for place in range(len(node.values)):
            left = node.values[:place] + node.values[place + 1 :]
            yield ast.BoolOp(node.op, left) if len(left) > 1 else left[0]
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand


def _filters(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        for number, generator in enumerate(node.generators):
            for place in range(len(generator.ifs)):
                changed = deepcopy(node)
                del changed.generators[number].ifs[place]
                yield changed


def _swapped(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and _name_of(node.func) not in _ORDERED:
        for place in range(len(node.args) - 1):
            one, other = node.args[place : place + 2]
            if not isinstance(one, ast.Starred) and not isinstance(other, ast.Starred):
                changed = deepcopy(node)
                changed.args[place : place + 2] = [other, one]
                yield changed


def _called(node: ast.expr) -> Iterator[ast.expr]:
    """Another function of the same form; without one of the arguments by name."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name) and not node.keywords and (other := _CALLED.get(node.func.id)):
            yield ast.Call(ast.Name(other, ast.Load()), node.args, [])
        for place, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                changed = deepcopy(node)
                del changed.keywords[place]
                yield changed


def _members(node: ast.expr) -> Iterator[ast.expr]:
    """A display without one of its items, as an answer lacks a field or a set a value."""
    if isinstance(node, ast.Dict):
        for place, key in enumerate(node.keys):
            if isinstance(key, ast.Constant):
                changed = deepcopy(node)
                del changed.keys[place], changed.values[place]
                yield changed
    elif isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
        plain = all(isinstance(each, ast.Constant | ast.Name | ast.Attribute) for each in node.elts)
        for place in range(len(node.elts) if plain else 0):
            less = deepcopy(node)
            del less.elts[place]
            yield less


def _some_of(several: ast.expr) -> Iterator[ast.expr]:
    """What is gone through without its first, and its first alone."""
    for part in (ast.Slice(ast.Constant(1)), ast.Slice(None, ast.Constant(1))):
        yield ast.Subscript(ast.Call(ast.Name("list", ast.Load()), [several], []), part, ast.Load())


def _skipped(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        for some in _some_of(node.generators[0].iter):
            changed = deepcopy(node)
            changed.generators[0].iter = some
            yield changed


def _slices(node: ast.expr) -> Iterator[ast.expr]:
    """A slice without one of its ends."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        for name in ("lower", "upper"):
            if getattr(node.slice, name) is not None:
                changed = deepcopy(node)
                setattr(changed.slice, name, None)
                yield changed


def _operands(node: ast.expr) -> Iterator[ast.expr]:
    """One of two: of a sum or a product, of the larger or the smaller."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.BitOr):
        yield node.left
        yield node.right
    elif isinstance(node, ast.Call) and _name_of(node.func) in ("min", "max") and len(node.args) > 1:
        yield from node.args


def _exchanged(node: ast.expr) -> Iterator[ast.expr]:
    """A display whose neighbours have each other's values."""
    if isinstance(node, ast.Dict):
        for place in range(len(node.keys) - 1):
            one, other = node.values[place : place + 2]
            if all(isinstance(key, ast.Constant) for key in node.keys[place : place + 2]) and _differ(one, other):
                changed = deepcopy(node)
                changed.values[place : place + 2] = [other, one]
                yield changed


def _differ(one: ast.expr, other: ast.expr) -> bool:
    return ast.dump(one) != ast.dump(other)


def _constants_named(module: ast.Module) -> dict[str, list[str]]:
    """The constants that a module names: its own and imported ones under no name, others by their module."""
    found: dict[str, set[str]] = {"": set()}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and _is_constant(node.id):
            found[""].add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _is_constant(node.attr):
            found.setdefault(node.value.id, set()).add(node.attr)
    return {base: sorted(names) for base, names in found.items()}


def _fields_in(function: ast.AST) -> dict[str, list[str]]:
    """The fields that a function reads of what has a name, by that name."""
    called = {id(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    found: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Attribute) or id(node) in called or _is_constant(node.attr):
            continue
        if isinstance(node.value, ast.Name):
            found.setdefault(node.value.id, set()).add(node.attr)
    return {base: sorted(names) for base, names in found.items()}


def _is_constant(name: str) -> bool:
    return name.isupper() and len(name) > 1 and name != "TYPE_CHECKING"


def _siblings(node: ast.expr, named: dict[str, list[str]]) -> Iterator[ast.expr]:
    """The next of the names that stand in the same place elsewhere."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        base, name = "", node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
        base, name = node.value.id, node.attr
    else:
        return
    names = named.get(base, [])
    if name in names and len(names) > 1:
        other = names[(names.index(name) + 1) % len(names)]
        yield ast.Attribute(ast.Name(base, ast.Load()), other, ast.Load()) if base else ast.Name(other, ast.Load())


_OPERATORS: Final[dict[str, Callable[[ast.expr], Iterator[ast.expr]]]] = {
    "comparison": _comparisons,
    "number moved": _numbers,
    "constant": _constants,
    "arithmetic": _arithmetic,
    "condition": _conditions,
    "filter dropped": _filters,
    "arguments swapped": _swapped,
    "call changed": _called,
    "member dropped": _members,
    "one skipped": _skipped,
    "slice opened": _slices,
    "operand alone": _operands,
    "values exchanged": _exchanged,
}
