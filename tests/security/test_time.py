"""What is good for a while only, and clocks that jump: whole processes run by another time."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline.adapters.aws import clients
from tests.e2e.backstage import Backstage
from tests.e2e.conftest import free_address, serving
from tests.infra.browsing import Visitor
from tests.pipeline.jobs.test_local_aws import post
from tests.security.conftest import over_http
from tests.security.test_local_aws import ask

pytestmark = pytest.mark.slow

DAY = 24 * 3600


def test_cwe_613_links_and_forms_for_files_run_out(stack: Mapping[str, str]) -> None:
    bucket, s3 = f"while-{uuid4().hex}", clients(stack).s3
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="result", Body=b"x")
    link = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "result"}, ExpiresIn=1)
    lasting = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "result"}, ExpiresIn=600)
    form = s3.generate_presigned_post(bucket, "given", ExpiresIn=1)
    time.sleep(3)
    path = link.removeprefix(stack["ENDPOINT_URL"])
    assert ask(stack, "GET", path) == 403
    assert ask(stack, "GET", path.replace("X-Amz-Expires=1&", "X-Amz-Expires=600&")) == 403  # it is signed too
    assert ask(stack, "GET", lasting.removeprefix(stack["ENDPOINT_URL"])) == 200
    assert post(form["url"], form["fields"], b"late") == 403
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["result"]


def later(env: Mapping[str, str], seconds: int) -> dict[str, str]:
    """An environment whose processes have another time."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if not shutil.which("faketime") or not library:
        pytest.skip("libfaketime is not installed")
    told = {"LD_PRELOAD": str(library), "FAKETIME": f"{seconds:+d}s"}
    return {**env, **told, "PATH": os.environ["PATH"]}


@pytest.fixture
def at(server_env: dict[str, str]) -> Iterator[Callable[[int], Backstage]]:
    """Somebody behind the page whose clock is off by so many seconds."""
    made: list[Backstage] = []

    def begin(seconds: int) -> Backstage:
        made.append(Backstage(later(server_env, seconds)))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def test_cwe_367_a_clock_that_jumps_gives_no_post_twice_and_loses_no_answer(
    visitor: Callable[..., Visitor],
    backstage: Backstage,
    at: Callable[[int], Backstage],
    project: Callable[..., str],
) -> None:
    slug = project("A welder in Lyon.")
    lena = visitor("on-time")
    backstage("account", name="early")
    backstage("account", name="late")
    assert 'name="lease"' in lena.get(f"/label/{slug}/plain/").body  # held for ten minutes from now
    back, ahead = at(-DAY), at(3600)
    back("label", slug=slug, answers={"early": [["welder", "Role"]]})
    assert backstage("answered", slug=slug) == []  # a day ago it is held all the same
    ahead("label", slug=slug, answers={"late": [["welder", "Role"]]})
    assert len(backstage("answered", slug=slug)) == 1  # in an hour it is held no more
    assert 'name="lease"' not in lena.get(f"/label/{slug}/plain/").body  # nobody is given it a second time
    back("label", slug=slug, answers={"early": [["welder", "Role"]]})
    assert len(backstage.answers(slug, 1)) == 1


@pytest.mark.parametrize(("seconds", "status"), [(-DAY, 200), (13 * DAY, 200), (15 * DAY, 302)])
def test_cwe_613_a_session_ends_by_the_clock(
    visitor: Callable[..., Visitor], server_env: dict[str, str], tmp_path: Path, seconds: int, status: int
) -> None:
    lena = visitor("two-weeks")
    with serving(later(server_env, seconds), free_address(), tmp_path / "log") as (url, _):
        there = Visitor(over_http(url), url, cookies=dict(lena.cookies))
        assert there.get("/mine/").status == status
