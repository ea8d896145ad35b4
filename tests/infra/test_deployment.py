"""A deployment's steps: in the order that each needs, and the same on a second run but for what is done."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from labelmill_infra.deployment import steps
from labelmill_infra.recorded import RecordedStack

ROOT = Path(__file__).resolve().parents[2]


def says(done: list[steps.Step]) -> list[str]:
    return [step.says for step in done]


def test_the_labeler_is_deployed_once_and_updated_ever_after() -> None:
    assert says(steps.deploy_function("dev", deployed=False))[-1] == "deploy the labeler"
    assert says(steps.deploy_function("dev", deployed=True))[-1] == "update the labeler"


def test_the_edge_comes_before_the_labeler_is_told_of_it() -> None:
    found = says(steps.add_edge("dev", api_domain="abc.execute-api.us-east-1.amazonaws.com"))
    assert found.index("make or change the infrastructure") < found.index("write Zappa's settings")
    assert found[0] == "tell the stack where the labeler is"


def test_the_user_is_there_before_tables_are_made(prod: RecordedStack) -> None:
    found = says(steps.prepare_database("prod", prod.outputs))
    assert found.index("let the labeler into the database") < found.index("migrate the database")


@pytest.mark.parametrize(
    ("status", "domain"),
    [
        ({"API Gateway URL": "https://abc.amazonaws.com/dev"}, "abc.amazonaws.com"),
        ({"API Gateway URL": None}, ""),
        ({}, ""),
    ],
)
def test_the_domain_is_read_from_zappas_status(status: dict[str, object], domain: str) -> None:
    assert steps.read_api_domain(status) == domain


def test_a_dry_run_names_every_step_and_does_none() -> None:
    command = [sys.executable, str(ROOT / "pulumi" / "deploy.py"), "dev", "--dry-run", "--first-admin", "a@example.org"]
    # With no command on the path, one that was run would fail.
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert done.returncode == 0, done.stderr
    assert "/bin/zappa deploy dev" in done.stdout
    order = [
        "pulumi up",
        "aws s3 sync",
        "zappa deploy",
        "apiDomain",
        "zappa manage dev migrate",
        "zappa manage dev first_admin a@example.org",
    ]
    assert sorted(order, key=done.stdout.index) == order


def test_a_program_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(steps, "make_packing", list)
    monkeypatch.setattr(sys, "argv", ["deploy.py", "dev"])
    monkeypatch.setenv("PATH", str(tmp_path))
    program = runpy.run_path(str(ROOT / "pulumi" / "deploy.py"))
    assert program["main"]() == 1
    assert "deploy: stopped: 'pulumi' is not installed" in capsys.readouterr().out


def test_a_deployment_that_no_api_gateway_came_of_is_not_called_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("make_packing", "make_infrastructure", "put_static", "write_settings", "deploy_function"):
        monkeypatch.setattr(steps, name, lambda *given, **named: [])
    monkeypatch.setattr(sys, "argv", ["deploy.py", "dev"])
    program = runpy.run_path(str(ROOT / "pulumi" / "deploy.py"))
    program["main"].__globals__.update(_status=lambda stack: {}, _outputs=lambda stack: {})
    assert program["main"]() == 1
    assert "`zappa status` names no API Gateway" in capsys.readouterr().out


def test_a_step_that_fails_stops_the_deployment_and_is_named(tmp_path: Path) -> None:
    broken = [
        steps.Step("fail", (sys.executable, "-c", "raise SystemExit(3)")),
        steps.Step("never come to this", (sys.executable, "-c", f"open({str(tmp_path / 'done')!r}, 'w')")),
    ]
    with pytest.raises(subprocess.CalledProcessError) as stopped:
        steps.run(broken)
    assert stopped.value.returncode == 3
    assert not (tmp_path / "done").exists()


def test_a_step_whose_database_is_asleep_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = tmp_path / "count"
    third = (
        f"import pathlib, sys; p = pathlib.Path({str(count)!r}); p.open('a').write('x'); sys.exit(p.stat().st_size < 3)"
    )
    steps.run([steps.Step("wake", (sys.executable, "-c", third), tries=4)], pause_seconds=0)
    assert count.read_text() == "xxx"
    assert "not yet (status 1), tries left: 2" in capsys.readouterr().out
    count.unlink()
    with pytest.raises(subprocess.CalledProcessError):
        steps.run([steps.Step("wake", (sys.executable, "-c", third), tries=2)], pause_seconds=0)


def test_what_may_meet_a_sleeping_database_has_several_tries(prod: RecordedStack) -> None:
    done = [*steps.put_static(prod.outputs), *steps.prepare_database("prod", prod.outputs)]
    tries = {step.says: step.tries for step in done}
    assert tries["let the labeler into the database"] > 1
    assert tries["migrate the database"] > 1
    assert tries["put static files"] == 1


def test_cloudfront_forgets_old_static_files_once_it_is_there(
    prod: RecordedStack, bare: dict[str, RecordedStack]
) -> None:
    assert says(steps.put_static(prod.outputs))[-1] == "have CloudFront forget the old ones"
    assert says(steps.put_static(bare["prod"].outputs))[-1] == "put static files"
