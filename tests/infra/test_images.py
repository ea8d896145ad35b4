"""Every Dockerfile built, and each image started with the rights that its task has, and with no others."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from labelmill_infra.recorded import RecordedStack
from tests.infra.container_images import Container, Image, build, missing
from tests.infra.test_requirements import DEPLOYABLES, LOAD, foreign, reached
from tests.scraper.pages import page, posting
from tests.scraper.site import Site

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
DOCKERFILES = {
    one.parent.name if one.name == "Dockerfile" else one.stem: one
    for one in sorted([*ROOT.glob("*/Dockerfile"), *ROOT.glob("*/*/*.Dockerfile")])
}
TASKS = {"scraper": "scraper", "worker": "worker", "annotator": "worker"}  # task → image
# What makes a namespace, by hand: what Chromium's own sandbox would do.
UNSHARE = "import ctypes; print(ctypes.CDLL(None, use_errno=True).unshare(0x10000000), ctypes.get_errno())"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Image]]:
    if reason := missing():
        pytest.skip(reason)
    with build(DOCKERFILES, tmp_path_factory.mktemp("images")) as built:
        yield built


@pytest.fixture
def site() -> Iterator[Site]:
    one = Site()
    yield one
    one.close()


@pytest.fixture
def container(images: dict[str, Image], prod: RecordedStack, tmp_path: Path) -> Callable[..., Container]:
    def make(task: str, environment: Mapping[str, str] | None = None) -> Container:
        kind = "aws:ecs/taskDefinition:TaskDefinition"
        definitions = [json.loads(one.inputs["containerDefinitions"])[0] for one in prod.of(kind)]
        (definition,) = [one for one in definitions if one["name"] == task]
        return Container(images[TASKS[task]], definition, tmp_path, environment or {})

    return make


@pytest.mark.parametrize("task", TASKS)
def test_it_starts_as_an_ordinary_user_with_no_rights_of_root(container: Callable[..., Container], task: str) -> None:
    status = "print(open('/proc/self/status').read())"
    shown = dict(
        line.split(":\t", 1) for line in container(task).run(["python3", "-c", status]).splitlines() if ":\t" in line
    )
    assert shown["Uid"].split() == ["1000"] * 4
    assert {shown[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (shown["NoNewPrivs"], shown["Seccomp"]) == ("1", "2")
    assert container(task).run(["python3", "-c", UNSHARE]).split() == ["-1", "1"]


@pytest.mark.parametrize("task", TASKS)
def test_it_writes_nowhere_but_in_its_volume(container: Callable[..., Container], task: str) -> None:
    tried = """
import os
for folder in ("/", "/app", "/usr", "/var/tmp", "/home", os.path.expanduser("~"), "/tmp"):
    try:
        open(os.path.join(folder, "written"), "w").close()
        print(folder)
    except OSError:
        pass
"""
    one = container(task)
    home = one.environment.get("HOME", "")
    assert set(one.run(["python3", "-c", tried]).split()) == {"/tmp", *([home] if home else [])}


@pytest.mark.parametrize("name", ["scraper", "worker"])
def test_it_imports_all_that_it_ships(container: Callable[..., Container], name: str) -> None:
    deployable = DEPLOYABLES[f"{name} image"]
    modules = reached(deployable.roots)
    others = {top for module in modules for top in foreign(module)} - deployable.unused
    names = [*sorted(others), *(module.name for module in modules)]
    where = {"POSTS_BUCKET": "none", "LABELMILL_STATE": "/tmp/state", "DJANGO_SETTINGS_MODULE": "labeler.settings"}
    assert container(name).run(["python3", "-c", LOAD], text=json.dumps(names), **where) == ""


@pytest.mark.parametrize(("task", "says"), [("scraper", "due"), ("worker", "--once"), ("annotator", "list")])
def test_what_its_task_starts_is_there(container: Callable[..., Container], task: str, says: str) -> None:
    one = container(task)
    assert says in one.run([*one.entry(), "--help"])


def test_chromium_renders_a_page(container: Callable[..., Container], site: Site) -> None:
    """A list that only a script fills, and nothing of Chromium's own confines it: see the system call above."""
    fill = 'document.body.innerHTML = "<a href=/jobs/1>A job</a>";'
    site.pages |= {"/": page(f"<script>{fill}</script>"), "/jobs/1": posting(1)}
    crawl = ["python3", "-m", "scraper", "crawl", site.url, "--allow-loopback", "--dry-run", "--json"]
    counted = json.loads(container("scraper").run(crawl).splitlines()[-1])
    assert (counted["unique"], counted["browser_pages"]) == (1, 1), counted


def test_chromiums_own_sandbox_would_not_start(container: Callable[..., Container], site: Site) -> None:
    """Why the task has it off: this fails on the day it need not be."""
    site.pages |= {"/": page("<script>document.title</script>")}
    crawl = ["python3", "-m", "scraper", "crawl", site.url, "--allow-loopback", "--dry-run", "--json"]
    done = container("scraper").start(crawl, CHROMIUM_SANDBOX="on")
    assert "sandbox" in (done.stdout + done.stderr).lower()


def at(stack: Mapping[str, str]) -> dict[str, str]:
    """The local AWS in place of the definition's, and a file in place of its database."""
    return {**stack, "DATABASE_URL": "", "LABELMILL_STATE": "/tmp/state"}


def test_the_worker_does_what_waits(container: Callable[..., Container], stack: Mapping[str, str]) -> None:
    one = container("worker", at(stack))
    one.run(["python", "manage.py", "migrate", "--verbosity=0"])
    one.run(["python", "manage.py", "collectstatic", "--noinput", "--verbosity=0", "--dry-run"])
    done = one.start([*one.entry(), "--once"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout + done.stderr


def test_the_annotator_does_what_waits(container: Callable[..., Container], stack: Mapping[str, str]) -> None:
    one = container("annotator", at(stack))
    one.run([*one.entry(), "work", "--once"])
    # A file of one's own, by what reads a job's.
    one.run(["sh", "-c", "echo 'Five years of Python in Berlin.' > /tmp/posts.txt"])
    counted = json.loads(one.run([*one.entry(), "run", "rules", "/tmp/posts.txt", "-o", "/tmp/out", "--json"]))
    assert (counted["rows"], counted["spans"] > 0) == (1, True), counted


def test_the_scraper_looks_what_is_due(container: Callable[..., Container], stack: Mapping[str, str]) -> None:
    one = container("scraper", at(stack))
    one.run(one.entry())
