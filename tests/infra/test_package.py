"""The functions' zip: complete by itself, small, the same for the same inputs."""

import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from labelmill_infra import topology
from labelmill_infra.deployment import package

# What the Lambda runtime brings beside the zip.
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "urllib3", "six")
IMPORT = """
import importlib, sys
sys.path[:0] = sys.argv[1:3]
module, _, name = sys.argv[3].rpartition(".")
assert callable(getattr(importlib.import_module(module), name))
outside = [one for one in sys.modules if one in ("pulumi", "django", "scrapy")]
assert not outside, outside
"""


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(build_dir=tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="module")
def unzipped(zipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unzipped")
    zipfile.ZipFile(zipped).extractall(folder)
    return folder


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but what the runtime brings."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(str(found.locate_file(top)))
    return folder


@pytest.mark.parametrize("spec", [topology.PREPROCESS, topology.ARCHIVE], ids=lambda spec: spec.name)
def test_a_handler_imports_with_the_zip_and_the_runtime_alone(
    spec: topology.FunctionSpec, unzipped: Path, runtime: Path
) -> None:
    # -I and -S: neither this environment's packages nor the working directory.
    command = [sys.executable, "-I", "-S", "-c", IMPORT, str(unzipped), str(runtime), spec.handler]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_the_zip_no_handler_imports(runtime: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", IMPORT, str(tmp_path), str(runtime), topology.ARCHIVE.handler]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_the_zip_is_small(zipped: Path) -> None:
    with zipfile.ZipFile(zipped) as archive:
        assert sum(one.file_size for one in archive.infolist()) <= package.MOST_UNZIPPED
        assert not any("__pycache__" in one.filename or "boto" in one.filename for one in archive.infolist())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "pipeline"
    (folder / "handlers").mkdir(parents=True)
    (folder / "handlers" / "archive.py").write_text("handler = print\n")
    return folder


def test_the_same_source_is_built_once(source: Path, tmp_path: Path) -> None:
    first = package.build(build_dir=tmp_path / "build", source=source)
    made = first.stat().st_mtime_ns
    assert package.build(build_dir=tmp_path / "build", source=source) == first
    assert first.stat().st_mtime_ns == made


def test_the_same_source_gives_the_same_bytes_anywhere(source: Path, tmp_path: Path) -> None:
    first = package.build(build_dir=tmp_path / "one", source=source).read_bytes()
    for file in source.rglob("*.py"):
        os.utime(file, (1_000_000_000, 1_000_000_000))  # as a fresh clone has other times
    second = package.build(build_dir=tmp_path / "two", source=source).read_bytes()
    assert first == second


def test_changed_source_gives_another_zip_without_installing_again(source: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    before = package.build(build_dir=build, source=source)
    wheels = {path: path.stat().st_mtime_ns for path in build.glob("wheels-*")}
    (source / "handlers" / "archive.py").write_text("handler = repr\n")
    after = package.build(build_dir=build, source=source)
    assert after != before
    assert {path: path.stat().st_mtime_ns for path in build.glob("wheels-*")} == wheels
    assert zipfile.ZipFile(after).read("pipeline/handlers/archive.py") == b"handler = repr\n"


def test_a_package_too_large_to_start_quickly_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "model.bin").write_bytes(bytes(package.MOST_UNZIPPED))
    with pytest.raises(package.PackageError, match="allowed: 40 MB"):
        package.build(build_dir=tmp_path / "build", source=source)
    assert not list((tmp_path / "build").glob("pipeline-*"))
    assert not list((tmp_path / "build").glob("*.part"))


def test_only_the_last_builds_are_kept(source: Path, tmp_path: Path) -> None:
    for number in range(package.KEPT_BUILDS + 2):
        (source / "number.py").write_text(f"{number}\n")
        last = package.build(build_dir=tmp_path / "build", source=source)
    kept = list((tmp_path / "build").glob("pipeline-*"))
    assert len(kept) == package.KEPT_BUILDS
    assert last in kept
