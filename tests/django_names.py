"""What apps of the labeler name of each other in strings and by Django's own ways, which no import shows.

Addresses (`reverse("review:gold")`, also in templates), models (`"labeling.Post"`), dotted paths, and relations from
their far end: where `Gold` has a key to `Post`, `post__gold__current` or `post.gold` in another app names the app of
`Gold`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.sources import ROOT, Module, Use, owner

RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}
# Whose arguments are names of fields, or lookups.
QUERIES = {
    *("filter", "exclude", "get", "order_by", "distinct", "values", "values_list", "only", "defer", "select_related"),
    *("prefetch_related", "annotate", "aggregate", "alias", "update", "update_or_create", "get_or_create", "Prefetch"),
    *(
        "Q",
        "F",
        "OuterRef",
        "Exists",
        "Count",
        "Max",
        "Min",
        "Sum",
        "Avg",
        "Coalesce",
        "When",
        "Case",
        "FilteredRelation",
    ),
}
_LOOKUP = re.compile(r"-?[a-z][a-z0-9_]*")
_ADDRESS = re.compile(r"([a-z][a-z_-]*):([a-z][a-z0-9_-]*)")
_MODEL = re.compile(r"([a-z_]+)\.([A-Z][A-Za-z]+)")
_URL_TAG = re.compile(r"""{%\s*url\s+['"]([^'"]+)['"]""")


def named(found: dict[str, Module], root: Path = ROOT) -> list[Use]:
    """What modules of the labeler name of other apps, each once and in order. `found`: of `sources.modules`."""
    apps = _Apps(found)
    uses = {use for module in found.values() for use in (*apps.of_strings(module), *apps.of_relations(module))}
    return sorted(uses | {use for app in apps.labels.values() for use in apps.of_templates(app, root)})


@dataclass(frozen=True)
class _Relation:
    """How `app` is named from the far end of a key in `module`, which is one of its own."""

    module: str
    app: str
    lookup: str
    accessor: str


class _Apps:
    def __init__(self, found: dict[str, Module]) -> None:
        self._found = found
        folders = {module.folder for name, module in found.items() if re.fullmatch(r"labeler\.\w+\.apps", name)}
        self.labels = {folder.rpartition(".")[2]: folder for folder in folders}
        self._spaces: dict[str, str] = {}  # namespace of addresses → the module that holds them
        self._models: dict[str, set[str]] = defaultdict(set)  # class → apps that have a model of this name
        self._defined: dict[str, set[str]] = defaultdict(set)  # name in a class → apps, "" for what is in none
        for name, module in found.items():
            app = self._app(name)
            for node in module.tree.body:
                if _target(node) == "app_name" and isinstance(node.value, ast.Constant):  # type: ignore[attr-defined]
                    self._spaces[str(node.value.value)] = name  # type: ignore[attr-defined]
                elif isinstance(node, ast.ClassDef) and "models" in name.split("."):
                    self._models[node.name].add(app)
            for one in _defined(module):
                self._defined[one].add(app)
        in_models = [module for name, module in found.items() if self._app(name) and "models" in name.split(".")]
        self._relations = {relation for module in in_models for relation in self._declared(module)}

    def _app(self, name: str) -> str:
        """The package of the app that a module is part of, empty for what is in none."""
        return next((app for app in self.labels.values() if name == app or name.startswith(f"{app}.")), "")

    def _declared(self, module: Module) -> Iterator[_Relation]:
        for model in (node for node in module.tree.body if isinstance(node, ast.ClassDef)):
            for call in (node for node in ast.walk(model) if isinstance(node, ast.Call)):
                given = {word.arg: word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)}
                related = given.get("related_name")
                if (kind := _called(call)) in RELATIONS and related != "+":
                    lookup = given.get("related_query_name") or related or model.name.lower()
                    accessor = related or model.name.lower() + ("" if kind == "OneToOneField" else "_set")
                    yield _Relation(module.name, self._app(module.name), str(lookup), str(accessor))

    def of_strings(self, module: Module) -> Iterator[Use]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used = self._addressed(node.value) or self._model(node.value) or self._dotted(node.value)
                if used and not (self._app(used) and self._app(used) == self._app(module.name)):
                    yield Use(module.name, used, f'"{node.value}"')

    def _addressed(self, text: str) -> str:
        """The module that an address is of; of the admin's, that of the app whose model is shown."""
        address = _ADDRESS.fullmatch(text)
        if address and address[1] == "admin":
            label = next((label for label in self.labels if address[2].startswith(f"{label}_")), "")
            return (label and owner(f"{self.labels[label]}.admin", self._found)) or ""
        return self._spaces.get(address[1], "") if address else ""

    def _model(self, text: str) -> str:
        model = _MODEL.fullmatch(text)
        return self.labels.get(model[1], "") if model and model[2] in self._models else ""

    def _dotted(self, text: str) -> str:
        used = owner(text, self._found) if re.fullmatch(r"labeler(\.\w+)+", text) else None
        return used if used and used != "labeler" else ""

    def of_templates(self, app: str, root: Path) -> Iterator[Use]:
        """Addresses in an app's own templates. Those in `labeler/templates` are of all apps."""
        for path in sorted((root / app.replace(".", "/")).rglob("templates/**/*.html")):
            for text in _URL_TAG.findall(path.read_text()):
                used = self._addressed(text)
                if used and self._app(used) != app:
                    yield Use(app, used, f'"{text}" in {path.name}')

    def of_relations(self, module: Module) -> Iterator[Use]:
        app = self._app(module.name)
        far = [one for one in self._relations if app and one.app != app]
        lookups = {one.lookup: one for one in far if app not in self._defined[one.lookup]}
        # An attribute may be of anything: only a name that no other class has says where it leads.
        accessors = {one.accessor: one for one in far if self._defined[one.accessor] <= {one.app}}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in accessors and isinstance(node.ctx, ast.Load):
                yield Use(module.name, accessors[node.attr].module, f".{node.attr}")
            elif isinstance(node, ast.Call):
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                for text in [*texts, *(word.arg for word in node.keywords if word.arg)]:
                    if _LOOKUP.fullmatch(text) and ("__" in text or _called(node) in QUERIES):
                        parts = text.lstrip("-").split("__")
                        yield from (Use(module.name, lookups[part].module, text) for part in parts if part in lookups)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _defined(module: Module) -> set[str]:
    """What its classes define: fields, methods."""
    bodies = [node.body for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    parts = [part for body in bodies for part in body]
    return {part.name if isinstance(part, ast.FunctionDef) else _target(part) for part in parts} - {""}


def _target(node: ast.AST) -> str:
    """The one name that a statement gives a value to; empty for other statements."""
    if isinstance(node, ast.AnnAssign):
        return getattr(node.target, "id", "")
    return getattr(node.targets[0], "id", "") if isinstance(node, ast.Assign) else ""
