"""Every public name says what it takes, gives and raises, and has an example that is run.

What can be read from the code is held against the docstring: parameters and fields, errors that
are raised, whether something is given back. Examples run by themselves, with nothing but what
they import, and are those that the plugin runs too.
"""

import ast
import doctest
import re
from pathlib import Path

import attrs
import pytest
from public_face import Name, names, tree
from sybil.document import Document

import govledger

ROOT = Path(__file__).parents[1]
ALL = tuple(names())
BY_NAME = {(each.module, each.name): each for each in ALL}
VERBATIM = re.compile(r"`([^`\n]+)`")

each = pytest.mark.parametrize("public", ALL, ids=lambda public: public.name)


def prose(public):
    """What a docstring says, without its examples; and those it refers to, or builds on."""
    said = re.sub(r"^>>> .*?(?:\n\n|\Z)", "", public.doc, flags=re.S | re.M)
    if isinstance(public.node, ast.ClassDef):
        makers = [each for each in public.node.body if getattr(each, "name", "") == "__init__"]
        said += "\n".join(ast.get_docstring(each) or "" for each in makers)
    if public.owner is None and isinstance(public.value, type):
        for base in public.value.__bases__:
            if (public.module, base.__name__) in BY_NAME:
                said += "\n" + prose(BY_NAME[public.module, base.__name__])
    for other in re.findall(r"\bas for `([\w.]+)`", said):
        name = other if "." in other or not public.owner else f"{public.owner}.{other}"
        if (public.module, name) in BY_NAME and name != public.name:
            said += "\n" + prose(BY_NAME[public.module, name])
    return said


def words(text):
    """The names that a text puts between backticks: `kind/slug`, `breaches="flag"`, `*events`."""
    return {word for said in VERBATIM.findall(text) for word in re.findall(r"[A-Za-z_]\w*", said)}


def examples(public):
    return doctest.DocTestParser().get_examples(public.doc)


def test_the_names_are_there():
    assert {(module, name.partition(".")[0]) for module, name in BY_NAME} >= {
        ("govledger", name) for name in govledger.__all__
    }
    assert len(BY_NAME) == len(ALL) > 170
    assert ("govledger", "Register.motions") in BY_NAME  # a property that attrs makes a slot of


@each
def test_it_has_a_docstring(public):
    assert public.doc, f"{public.name} has no docstring"
    summary = public.doc.partition("\n\n")[0].partition("\n")[0]
    assert len(summary) <= 100
    assert re.search(r"[.:`)]\Z|\w\Z", summary)


@each
def test_it_says_what_it_takes(public):
    known = words(prose(public)) | public.fields.keys()
    missing = [name for name in public.takes if name.strip("_") not in known]
    assert not missing, f"{public.name} says nothing of {missing}"


GIVES = re.compile(r"\b(gives?|given|yields?|true where|true if|whether)\b", re.IGNORECASE)
VERBS = re.compile(
    r"(?!(The|A|An|All|Each|Every|How|What|Where|Whether|Which|Who|Whose|Why|Those)\b)"
)


@each
def test_it_says_what_it_gives(public):
    """A summary that names a thing says what is given; one that begins with a verb does not."""
    node = public.node
    if not isinstance(node, ast.FunctionDef) or node.returns is None:
        return
    if ast.unparse(node.returns) != "None" and VERBS.match(public.doc):
        assert GIVES.search(prose(public)), f"{public.name} does not say what it gives"


def raised(public):
    """The errors that the code of a name raises in plain sight."""
    for node in ast.walk(public.node) if public.node is not None else ():
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            function = ast.unparse(node.exc.func)
            name = {"invalid": "InvalidInput"}.get(function, function)
            if isinstance(getattr(govledger, name, None), type):
                yield name
    if public.kind == "value" and attrs.has(public.value):
        if any(_refuses(field.converter) for field in attrs.fields(public.value) if field.init):
            yield "InvalidInput"


def _refuses(convert):
    """Whether a converter refuses what is nothing that it knows."""
    try:
        return convert is not None and not convert(object())
    except govledger.InvalidInput:
        return True
    except Exception:
        return False  # it is for our own use


@each
def test_it_says_what_it_raises(public):
    if public.kind in ("class", "error"):
        return  # their methods say it
    missing = set(raised(public)) - words(prose(public))
    assert not missing, f"{public.name} does not say that it raises {missing}"


def test_events_say_once_what_they_raise():
    assert "InvalidInput" in words(prose(BY_NAME["govledger", "Event"]))


@each
def test_it_has_an_example(public):
    """Its own; a member may stand in the example of its class."""
    own = " ".join(example.source for example in examples(public))
    if public.owner is None:
        assert re.search(rf"\b{public.name}\b", own), f"{public.name} is in no example of its own"
        return
    member = public.name.partition(".")[2]
    owner = examples(BY_NAME[public.module, public.owner])
    used = own + " ".join(example.source for example in owner)
    assert re.search(rf"\.{member}\b", used), f"no example uses {public.name}"


@each
def test_the_example_runs_by_itself(public, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if public.doc and (found := examples(public)):
        test = doctest.DocTest(found, {}, public.name, None, 0, public.doc)
        told = []
        result = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
        assert not result.failed, "".join(told)
        assert any(example.want for example in found), f"the example of {public.name} shows nothing"


SOUND = '''
def move(name, position):
    """Let the cursor of that `name` stand after a `position`; gives where it stood.

    Raises `InvalidInput` for a position that is not in the log.

    >>> move("site", 0)
    3
    """
    if position > 3:
        raise invalid("unknown-position", "no such position")
    return 3
'''


@pytest.mark.parametrize(
    ("taken_out", "test"),
    [
        ("`name`", test_it_says_what_it_takes),
        ("; gives where it stood", test_it_says_what_it_gives),
        ("`InvalidInput`", test_it_says_what_it_raises),
        (">>> move", test_it_has_an_example),
    ],
)
def test_what_is_missing_is_found(taken_out, test):
    def judged(text):
        node = ast.parse(text).body[0]
        node.returns = ast.Name("int")
        doc = ast.get_docstring(node)
        taken = tuple(argument.arg for argument in node.args.args)
        public = Name(
            module="", name="move", kind="function", doc=doc, node=node, value=None, takes=taken
        )
        test(public)

    judged(SOUND)
    with pytest.raises(AssertionError):
        judged(SOUND.replace(taken_out, "", 1))


@pytest.fixture(scope="session")
def plugin(request):
    """The plugin that runs docstrings: the `conftest.py` at the root."""
    (found,) = (p for p in request.config.pluginmanager.get_plugins() if hasattr(p, "DOCSTRINGS"))
    return found


def test_the_plugin_runs_the_examples(plugin):
    homes = {getattr(public.value, "__module__", "govledger.rules") for public in ALL}
    for module in homes:
        path = ROOT / "src" / Path(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        assert plugin.DOCSTRINGS.should_parse(path)
        document = Document(path.read_text("utf-8"), str(path))
        regions = [region for parser in plugin.DOCSTRINGS.parsers for region in parser(document)]
        run = {line for region in regions for line in str(region.parsed.source).splitlines()}
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                told = doctest.DocTestParser().get_examples(ast.get_docstring(node) or "")
                lines = {line for example in told for line in example.source.splitlines()}
                assert lines <= run, f"{module}: {lines - run}"
