"""The server is killed between the row and the object of an answer, as the browser sees it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline.adapters import aws
from tests.e2e.backstage import Backstage
from tests.e2e.conftest import free_address, serving
from tests.e2e.desk import Desk

pytestmark = pytest.mark.slow


def test_an_answer_whose_server_was_killed_before_its_object_is_stored_once(
    browse: Callable[..., Page],
    project: Callable[..., str],
    backstage: Backstage,
    server_env: dict[str, str],
    stack: Mapping[str, str],
    tmp_path: Path,
) -> None:
    slug, address = project("Python and Kafka for data pipelines.", "The end."), free_address()
    with serving(server_env, address, tmp_path / "crashing.log", app="tests.e2e.crashing") as (url, server):
        page = browse()
        page.goto(f"{url}/label/{slug}/")
        desk = Desk(page, slug).ready()
        desk.fetched_ahead()
        desk.press("3")
        desk.click("Kafka")
        desk.press("Enter")
        server.wait(20)
    (row,) = backstage("answered", slug=slug)
    store, prefix = aws.S3Store(aws.clients(stack).s3, stack["LABELS_BUCKET"]), f"annotations/{slug}/"
    assert not row["stored"]
    assert list(store.list(prefix)) == []
    expect(page.locator("[data-pill]")).to_have_text("1 waiting to send")
    desk.title("Post 2")
    with serving(server_env, address, tmp_path / "again.log"):
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("[data-pill]")).to_be_hidden()
        (answer,) = backstage.answers(slug, 1)
        assert (answer["n"], answer["spans"]) == (1, [["Tool", "Kafka"]])
        assert [one.key for one in store.list(prefix)] == [answer["key"]]
        page.goto(f"{url}/mine/?q=Kafka")
        expect(page.locator(".row").first).to_contain_text("Post 1")
        expect(page.locator(".row").first).not_to_contain_text("waiting for storage")
