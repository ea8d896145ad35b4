"""How the code is cut: no cycles among packages, no two homes of one name, and words that a newcomer knows."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests import django_names, sources

FOUND = sources.modules()
USES = [*sources.imported(FOUND), *django_names.named(FOUND)]

# Names that Django, Python and pytest give, which therefore stand in every app.
OF_FRAMEWORKS = {"__init__", "__main__", "admin", "apps", "models", "urls", "views", "management", "commands", "forms"}
# In such a folder a name says whose: the part of this kind that belongs to the feature of the same name.
KINDS = {
    "admin": "admin pages of a model",
    "models": "tables of a feature",
    "commands": "a command named by what it runs",
    "routes": "the HTTP API of a feature",
    "handlers": "the Lambda that runs it",
    "schema": "its message format",
    "recovery": "how it is made again from S3",
    "guardrails": "what a check demands of that kind of resource",
}
# More modules of one name, each with the reason why.
SHARED: dict[str, str] = {
    "recovery": "each app makes its own part of the database again",
}
# What a newcomer would have to learn first, and the field's word for it.
PRIVATE = {
    "place": "assignment",
    "places": "assignments",
    "seat": "assignment",
    "seats": "assignments",
    "crew": "annotator set",
    "crews": "annotator sets",
    "handout": "tasks",
    "handover": "upload, or what of it is handed over",
    "handing": "import",
    "deed": "action",
    "deeds": "actions",
    "chore": "periodic task",
    "chores": "periodic tasks",
    "looking": "view",
    "outside": "what lies there",
    "office": "jobs service",
    "desk": "jobs service",
    "counter": "uploads",
    "told": "notification",
    "heart": "heartbeat",
    "owned": "query by owner",
    "ownrules": "rules",
    "ownwork": "own answers",
    "opening": "upload",
    "nul": "NUL characters",
    "nudging": "waking the worker",
}
# Plain words of a thing, private as a module's name alone: what does it hold?
PRIVATE_FOR_MODULES = {"handoff", "clock", "packed", "packing", "kept", "seen", "settling", "shown"}
PLAIN = set((Path(__file__).parent / "plain_words.txt").read_text("utf-8").split())
TERMS = re.findall(r"^\| ([^|]+) \|", (sources.ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
KNOWN = PLAIN | {word for term in TERMS for word in re.findall(r"[a-z0-9]+", term.lower())}


def test_no_package_is_part_of_a_cycle() -> None:
    found = sources.cycles(FOUND, USES)
    assert not found, "\n" + "\n".join(sources.shown(cycle, USES) for cycle in found)


def test_no_module_is_over_300_lines() -> None:
    assert {name: module.lines for name, module in FOUND.items() if module.lines > 300} == {}


def test_no_two_modules_of_one_package_tree_have_one_name_and_different_jobs() -> None:
    homes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, module in FOUND.items():
        folder = name.split(".")[-2:-1]
        if module.base not in OF_FRAMEWORKS | SHARED.keys() and not KINDS.keys() & set(folder):
            homes[name.split(".")[0], module.base].append(name)
    wrong = [" ".join(names) for names in homes.values() if len(names) > 1]
    assert not wrong, "\n" + "\n".join(wrong)


def _named() -> dict[str, list[str]]:
    """Word → the modules and classes whose name it is part of; a class with its module before it."""
    found = defaultdict(list)
    for name, module in FOUND.items():
        for word in module.base.strip("_").split("_"):
            found[word].append(name)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                for word in re.findall(r"[A-Z]+\d*(?![a-z])|[A-Z]?[a-z]+|\d+", node.name):
                    found[word.lower()].append(f"{name}.{node.name}")
    return found


def test_no_module_and_no_class_has_a_private_word_for_a_name() -> None:
    wrong = [f"{name}: say {PRIVATE[word]}" for word, names in _named().items() if word in PRIVATE for name in names]
    for name, module in FOUND.items():
        wrong += [f"{name}: say what it holds"] if module.base in PRIVATE_FOR_MODULES else []
    assert not wrong, "\n" + "\n".join(sorted(wrong))


def test_names_are_made_of_words_of_the_glossary_and_plain_ones() -> None:
    """A word that is neither: is there one in docs/glossary.md? If not, a plain noun may go into plain_words.txt."""
    wrong = [f"{word}: {' '.join(names)}" for word, names in _named().items() if not {word, *_singulars(word)} & KNOWN]
    assert not wrong, "\n" + "\n".join(sorted(wrong))


def _singulars(word: str) -> set[str]:
    """Of what may be a plural."""
    endings = {"s": "", "es": "", "ies": "y"}
    return {word.removesuffix(end) + instead for end, instead in endings.items() if word.endswith(end)}


def test_plain_words_are_in_order_each_once_none_of_them_private() -> None:
    lines = (Path(__file__).parent / "plain_words.txt").read_text("utf-8").split()
    assert lines == sorted(set(lines))
    assert not KNOWN & PRIVATE.keys()


POST = "class Post(Model):\n    title = CharField()\n"
GOLD = """
class Gold(Model):
    post = ForeignKey(Post, related_name="gold")
    current = BooleanField()
class Dispute(Model):
    about = ForeignKey("labeling.Post", CASCADE)
"""


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ("posts.filter(gold__current=True)", "gold__current"),
        ("posts.order_by('-gold__current')", "-gold__current"),
        ("posts.filter(task__post__gold=None)", "task__post__gold"),
        ("posts.select_related('gold')", "gold"),
        ("posts.exclude(dispute=None)", "dispute"),
        ("post.dispute_set.count()", ".dispute_set"),
        ("reverse('review:gold', args=[1])", '"review:gold"'),
        ("redirect('admin:review_gold_changelist')", '"admin:review_gold_changelist"'),
        ("get_model('review.Gold')", '"review.Gold"'),
        ("import_string('labeler.review.models.Gold')", '"labeler.review.models.Gold"'),
        ("show('the gold standard', 'gold')", None),
        ("posts.filter(title='gold')", None),
        ("reverse('labeling:home')", None),
    ],
)
def test_what_django_is_told_in_strings_counts_as_an_import(tmp_path: Path, line: str, how: str | None) -> None:
    files = {
        "labeler/__init__.py": "",
        "labeler/labeling/__init__.py": "",
        "labeler/labeling/apps.py": "",
        "labeler/labeling/models.py": POST,
        "labeler/labeling/urls.py": 'app_name = "labeling"',
        "labeler/labeling/leases.py": line,
        "labeler/review/__init__.py": "",
        "labeler/review/apps.py": "",
        "labeler/review/admin.py": "",
        "labeler/review/urls.py": 'app_name = "review"',
        "labeler/review/models.py": f"from labeler.labeling.models import Post\n{GOLD}",
    }
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    found = sources.read(tmp_path, files)
    named = django_names.named(found, tmp_path)
    assert [use.how for use in named if use.user == "labeler.labeling.leases"] == ([how] if how else [])
    cycles = sources.cycles(found, [*sources.imported(found), *named])
    assert cycles == ([("labeler.labeling", "labeler.review")] if how else [])


def test_an_address_in_a_template_counts_as_an_import(tmp_path: Path) -> None:
    page = tmp_path / "labeler/labeling/templates/labeling/home.html"
    page.parent.mkdir(parents=True)
    page.write_text("<a href=\"{% url 'review:next' slug %}\">review</a>")
    for app in ("labeling", "review"):
        (tmp_path / f"labeler/{app}").mkdir(exist_ok=True)
        (tmp_path / f"labeler/{app}/apps.py").touch()
    (tmp_path / "labeler/review/urls.py").write_text('app_name = "review"')
    files = [f"labeler/{one}.py" for one in ("labeling/apps", "review/apps", "review/urls")]
    (use,) = django_names.named(sources.read(tmp_path, files), tmp_path)
    assert (use.user, use.used, use.how) == ("labeler.labeling", "labeler.review.urls", '"review:next" in home.html')


def test_a_cycle_over_three_packages_is_found_and_its_imports_are_named(tmp_path: Path) -> None:
    files = {
        f"mill/{one}/{name}.py": text
        for one, other in (("a", "b"), ("b", "c"), ("c", "a"))
        for name, text in (("__init__", ""), ("part", f"from mill.{other} import part"))
    }
    for file, text in {"mill/__init__.py": "", **files}.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    found = sources.read(tmp_path, ["mill/__init__.py", *files])
    uses = [*sources.imported(found)]
    assert sources.cycles(found, uses) == [("mill.a", "mill.b", "mill.c")]
    assert "mill.c.part names mill.a.part (import)" in sources.shown(("mill.a", "mill.b", "mill.c"), uses)
