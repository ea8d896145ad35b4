"""What can be said of the image without building it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "scraper" / "Dockerfile").read_text()
STEPS = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]


def test_the_browser_of_the_image_is_that_of_the_driver() -> None:
    [pinned] = re.findall(r"^playwright==([\d.]+)", (ROOT / "requirements" / "scraper.txt").read_text(), re.M)
    [image] = re.findall(r"^ARG PLAYWRIGHT_IMAGE=mcr\.microsoft\.com/playwright/python:v([\d.]+)-", DOCKERFILE, re.M)
    assert image == pinned


def test_the_base_image_is_the_build_argument() -> None:
    assert [step for step in STEPS if step.startswith("FROM")] == ["FROM ${PLAYWRIGHT_IMAGE}"]


def test_it_runs_the_scraper_as_nobody_in_particular() -> None:
    user, entry = (next(n for n, step in enumerate(STEPS) if step.startswith(word)) for word in ("USER", "ENTRYPOINT"))
    assert STEPS[user] == "USER pwuser"
    assert user < entry
    assert STEPS[entry] == 'ENTRYPOINT ["python3", "-m", "scraper"]'
    assert not any(step.startswith(("RUN", "COPY")) for step in STEPS[user:])


def test_all_that_is_copied_is_let_through_to_the_builder() -> None:
    let_through = (ROOT / "scraper" / "Dockerfile.dockerignore").read_text().splitlines()
    for step in STEPS:
        if step.startswith("COPY"):
            for path in step.split()[1:-1]:
                assert f"!{path}" in let_through
                assert (ROOT / path).exists()
