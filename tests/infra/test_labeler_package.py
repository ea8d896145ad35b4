"""The labeler as Zappa packs it: small, complete by itself, and answering as the API Gateway asks it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from labelmill_infra.installed import copy_installed
from labelmill_infra.zappa import settings
from labelmill_local.recorder import record

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MOST = 25_000_000  # bytes, zipped
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3", "six")
ASK = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from handler import lambda_handler
event = {
    "resource": "/{proxy+}", "path": sys.argv[3], "httpMethod": "GET", "headers": {"Host": "127.0.0.1"},
    "multiValueHeaders": {"Host": ["127.0.0.1"]}, "queryStringParameters": None,
    "multiValueQueryStringParameters": None, "pathParameters": {"proxy": sys.argv[3][1:]}, "stageVariables": None,
    "requestContext": {"stage": "local", "identity": {"sourceIp": "192.0.2.1"}}, "body": None,
    "isBase64Encoded": False,
}
answer = lambda_handler(event, None)
print(json.dumps({"status": answer["statusCode"], "body": answer.get("body", "")[:100000]}))
"""


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Zappa's package, of the labeler's requirements alone, made with no network."""
    place = tmp_path_factory.mktemp("zappa")
    source, environment = place / "source", place / "environment"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    copy_installed(ROOT / "requirements" / "zappa.txt", environment / "lib" / version / "site-packages")
    for name in ("labeler", "pipeline"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    outputs = record("local", package=os.devnull).outputs
    found = settings("local", outputs, runtime=version, architecture="x86_64")
    (source / "zappa_settings.json").write_text(json.dumps(found))
    env = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(place),
        "VIRTUAL_ENV": str(environment),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # Zappa asks whether there is a newer one; nobody answers here.
        "HTTPS_PROXY": "http://127.0.0.1:9",
    }
    command = ["zappa", "package", "local", "--output", str(place / "labeler.zip")]
    done = subprocess.run(command, cwd=source, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "labeler.zip"


@pytest.fixture(scope="module")
def unzipped(zipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unzipped")
    zipfile.ZipFile(zipped).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(str(found.locate_file(top)))
    return folder


def ask(unzipped: Path, runtime: Path, state: Path, path: str) -> dict[str, object]:
    env = {
        "LABELMILL_STATE": str(state),
        "POSTS_BUCKET": "none",  # or a local stack would be started
        "ALLOWED_HOSTS": "127.0.0.1",
        "SECRET_KEY": "a key for one test, which is long enough for it to be taken",
        "AWS_LAMBDA_FUNCTION_NAME": "labelmill-local",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-I", "-S", "-c", ASK, str(unzipped), str(runtime), path]
    done = subprocess.run(command, cwd=unzipped, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_package_is_small(zipped: Path) -> None:
    assert zipped.stat().st_size <= MOST


def test_the_package_holds_the_code_and_its_static_files_but_not_the_runtime(zipped: Path) -> None:
    names = zipfile.ZipFile(zipped).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {"labeler", "pipeline", "django", "handler.py"} <= tops
    assert not tops & {"boto3", "botocore", "troposphere", "pulumi", "scrapy"}
    assert any(name.startswith("labeler/static/") for name in names)


def test_it_answers_by_itself_as_the_api_gateway_asks(unzipped: Path, runtime: Path, tmp_path: Path) -> None:
    answer = ask(unzipped, runtime, tmp_path, "/")
    assert answer["status"] in (301, 302)


def test_an_unknown_page_is_not_found_and_tells_nothing(unzipped: Path, runtime: Path, tmp_path: Path) -> None:
    answer = ask(unzipped, runtime, tmp_path, "/no-such-page")
    assert answer["status"] == 404
    assert "Traceback" not in str(answer["body"])
