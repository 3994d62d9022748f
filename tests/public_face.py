"""The public face, read from the code: every name, what it takes, and what its docstring says.

Here: reading, for the tests that judge it (`test_public_names`) and the page that lists it
(`test_docs`). Not here: any judgement.
"""

import ast
import inspect
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import attrs

from govledger import Event

MODULES = tuple(
    name
    for name in ("govledger", "govledger.fields", "govledger.report", "govledger.testing")
    if find_spec(name)
)
"""The modules whose names stay, as docs/reference/upgrade-policy.md promises."""


@attrs.frozen(kw_only=True)
class Name:
    """A public name: of a module, or of a class in it (`Ledger.record`)."""

    module: str
    name: str
    kind: str
    doc: str
    node: ast.AST | None = attrs.field(repr=False)
    value: object = attrs.field(repr=False)
    takes: tuple[str, ...] = ()
    fields: dict[str, str] = attrs.field(factory=dict, repr=False)
    """What stands below a field in the class, field by field."""

    @property
    def owner(self):
        """The class of a member."""
        return self.name.partition(".")[0] if "." in self.name else None


@cache
def tree(module):
    return ast.parse(inspect.getsource(import_module(module)))


def names():
    """All public names, module by module, members after the class that has them first."""
    for module in MODULES:
        there = import_module(module)
        for name in there.__all__:
            yield from _names(module, name, getattr(there, name))


def _names(module, name, value):
    home = _home(module, name)
    if not isinstance(value, type):
        if inspect.isfunction(value):
            node = _node(home, name)
            yield _function(module, name, "function", node, value)
        else:
            doc = _attribute_docs(tree(home).body).get(name, "")
            yield Name(module=module, name=name, kind="constant", doc=doc, node=None, value=value)
        return
    node = _node(value.__module__, value.__name__)
    yield Name(
        module=module,
        name=name,
        kind=_kind(value),
        doc=inspect.cleandoc(value.__dict__.get("__doc__") or ""),
        node=node,
        value=value,
        takes=_taken(value, node),
        fields=_attribute_docs(node.body),
    )
    inherited = {name for base in value.__mro__[1:-1] for name in vars(base)}
    for member in node.body:
        is_own = isinstance(member, ast.FunctionDef) and member.name not in inherited
        if is_own and not member.name.startswith("_"):
            yield _function(module, f"{name}.{member.name}", _member_kind(member), member, value)


def _home(module, name):
    """The module in which a name of a module is made."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return _home(node.module, name)
    return module


def _node(module, name):
    for node in tree(module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node
    raise LookupError(f"{name} is not made in {module}")


def _kind(cls):
    if issubclass(cls, Event):
        return "event"
    if issubclass(cls, Exception):
        return "error"
    if issubclass(cls, StrEnum):
        return "words"
    return "value" if attrs.has(cls) else "class"


def _member_kind(node):
    decorators = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
    return "property" if decorators & {"property", "cached_property"} else "method"


def _function(module, name, kind, node, value):
    arguments = node.args
    taken = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs]
    taken = [each.arg for each in [*taken, arguments.kwarg] if each is not None]
    return Name(
        module=module,
        name=name,
        kind=kind,
        doc=inspect.cleandoc(ast.get_docstring(node) or ""),
        node=node,
        value=value,
        takes=tuple(each for each in taken if each not in ("self", "cls")),
    )


def _taken(cls, node):
    """What a class is made of: its fields that are its own, or what `__init__` takes."""
    if issubclass(cls, StrEnum):
        return ()
    if attrs.has(cls):
        shared = {f.name for f in attrs.fields(Event)} if cls is not Event else set()
        shared = shared if issubclass(cls, Event) else set()
        return tuple(f.alias for f in attrs.fields(cls) if f.init and f.name not in shared)
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name in ("__init__", "__new__"):
            taken = _function("", "", "", member, None).takes
            return tuple(each for each in taken if each not in ("cls", "self"))
    return ()


def _attribute_docs(body):
    """The texts that stand below assignments, by name."""
    docs = {}
    for made, text in zip(body, body[1:], strict=False):
        told = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        if told and isinstance(made, ast.Assign | ast.AnnAssign):
            target = made.target if isinstance(made, ast.AnnAssign) else made.targets[0]
            docs[ast.unparse(target)] = inspect.cleandoc(str(text.value.value))
    return docs
