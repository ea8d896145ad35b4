"""The labeler as Zappa packs it: small, complete by itself, and answering as the API Gateway asks it."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from labelmill_infra.deployment.installed import copy_installed
from labelmill_infra.deployment.steps import read_api_domain
from labelmill_infra.deployment.zappa import make_settings
from labelmill_local.configuration import name_machine
from labelmill_local.creators.clients import Clients
from labelmill_local.emulator import Emulator
from labelmill_local.provision import provision
from labelmill_local.recorder import record
from tests.e2e.backstage import Backstage
from tests.infra.browsing import Answer, Send, Visitor, said

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MOST = 25_000_000  # bytes; Lambda takes 50 MB
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
SECRET_KEY = "a key for one test, which is long enough for it to be taken"
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3", "six")
ASK = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from labeler.lambda_function import answer as lambda_handler
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
MARK = """
import sys
sys.path[:0] = sys.argv[1:]
from pipeline.web import warc
from labeler.labeling.archived import marking
page = '<script type="application/ld+json">{"description": "A welder",}</script>'
print(*marking.shown(page, "A welder", 2, 8))
"""


@dataclass(frozen=True)
class Packing:
    """A copy of the labeler's code, and an environment of its requirements alone, made with no network."""

    place: Path

    @property
    def source(self) -> Path:
        return self.place / "source"

    def zappa(self, outputs: Mapping[str, str], *arguments: str, **more: str) -> str:
        """Runs Zappa on the stage `local` of these outputs; `more`: variables of the function. Its output."""
        found = make_settings("local", outputs, runtime=VERSION, architecture=name_machine(), reserve=True)
        found["local"]["aws_environment_variables"] |= more
        (self.source / "zappa_settings.json").write_text(json.dumps(found))
        env = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.place),
            "VIRTUAL_ENV": str(self.place / "environment"),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": outputs.get("access_key_id", "test"),
            "AWS_SECRET_ACCESS_KEY": outputs.get("secret_access_key", "test"),
            "AWS_ENDPOINT_URL": outputs["endpoint_url"],
            # Zappa asks whether there is a newer one; nobody answers here.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        }
        command = ["zappa", arguments[0], "local", *arguments[1:]]
        done = subprocess.run(command, cwd=self.source, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def packing(tmp_path_factory: pytest.TempPathFactory) -> Packing:
    made = Packing(tmp_path_factory.mktemp("zappa"))
    copy_installed(ROOT / "requirements" / "zappa.txt", made.place / "environment" / "lib" / VERSION / "site-packages")
    for name in ("labeler", "pipeline"):
        shutil.copytree(ROOT / name, made.source / name, ignore=shutil.ignore_patterns("__pycache__"))
    return made


@pytest.fixture(scope="module")
def zipped(packing: Packing) -> Path:
    outputs = record("local", package=os.devnull).outputs
    packing.zappa(outputs, "package", "--output", str(packing.place / "labeler.zip"))
    return packing.place / "labeler.zip"


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
        "SECRET_KEY": SECRET_KEY,
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
    assert "labeler/aurora/rds-ca.pem" in names


def test_the_package_holds_translations_of_the_language_of_its_pages_alone(zipped: Path) -> None:
    parts = [
        name.split("/locale/", 1)[1].split("/")[0] for name in zipfile.ZipFile(zipped).namelist() if "/locale/" in name
    ]
    assert set(parts) == {"__init__.py", settings.LANGUAGE_CODE}


def test_it_answers_by_itself_as_the_api_gateway_asks(unzipped: Path, runtime: Path, tmp_path: Path) -> None:
    answer = ask(unzipped, runtime, tmp_path, "/")
    assert answer["status"] in (301, 302)


def test_an_unknown_page_is_not_found_and_tells_nothing(unzipped: Path, runtime: Path, tmp_path: Path) -> None:
    answer = ask(unzipped, runtime, tmp_path, "/no-such-page")
    assert answer["status"] == 404
    assert "Traceback" not in str(answer["body"])


def test_it_reads_archived_pages(unzipped: Path, runtime: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", MARK, str(unzipped), str(runtime)]
    done = subprocess.run(command, cwd=unzipped, capture_output=True, text=True, check=False)
    assert "A <mark>welder</mark>" in done.stdout, done.stderr


def test_zappa_deploys_it_and_somebody_logs_in_labels_and_submits(packing: Packing, tmp_path: Path) -> None:
    with Emulator(tmp_path, region="us-east-1") as emulator:
        outputs = provision(tmp_path, emulator.endpoint_url)
        more = {"LABELMILL_STATE": str(tmp_path / "django")}
        packing.zappa(outputs, "deploy", **more)
        status = json.loads(packing.zappa(outputs, "status", "--json"))
        assert status["Lambda Role ARN"] == outputs["labeler_role_arn"]
        assert status["Lambda Name"] == outputs["labeler_function_name"]
        assert status["Num. Event Rules"] == 0  # nothing but the API Gateway calls it
        assert read_api_domain(status).endswith(".amazonaws.com")
        (tmp_path / "django").mkdir()
        packing.zappa(outputs, "manage", "migrate --noinput", **more)
        said_by_command = packing.zappa(outputs, "manage", "first_admin anna@example.org", **more)
        assert "/accounts/password/reset/" in said_by_command

        api = (
            Clients(emulator.endpoint_url, "us-east-1", outputs.get("secret_access_key", "test"))
            .get("apigateway")
            .get_rest_apis()["items"][0]["id"]
        )
        lena = Visitor(
            over_http(f"{emulator.endpoint_url}/_aws/execute-api/{api}/local"), emulator.endpoint_url, "/local"
        )
        with contextlib.closing(Backstage(backstage_environment(outputs, more))) as backstage:
            backstage("account", name="lena")
            backstage("project", slug="deployed")
            backstage("posts", slug="deployed", texts=[{"text": "We look for a welder in Lyon."}])
            page = lena.get("/accounts/login/").body
            assert 'href="/local/static/' in page  # below the stage, as a browser has to ask for it
            assert lena.log_in("lena", "mill-wheel-7").headers["location"] == ["/local/"]
            assert said(lena.label("deployed", "welder", "Role").body) == "Stored."
            (made,) = backstage.answers("deployed", 1)
            assert made["spans"] == [["Role", "welder"]]


def backstage_environment(outputs: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Of a process beside the function, on the same database and stack."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    named = {name.upper(): value for name, value in outputs.items() if name != "database_url"}
    return {**kept, **named, **more, "DJANGO_SETTINGS_MODULE": "labeler.settings", "PYTHONWARNINGS": "ignore"}


def over_http(address: str) -> Send:
    """Asks the API Gateway itself, following no redirect."""
    at = urlsplit(address)

    def send(method: str, path: str, headers: Mapping[str, str], body: str) -> Answer:
        connection = http.client.HTTPConnection(str(at.hostname), at.port, timeout=60)
        connection.request(method, at.path + path, body or None, dict(headers))
        answer = connection.getresponse()
        several: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            several.setdefault(name.lower(), []).append(value)
        text = answer.read().decode()
        connection.close()
        return Answer(answer.status, several, text)

    return send
