"""Builds the zip that the pipeline's functions run from: the pinned requirements and the `pipeline` package.

Both parts are cached under `build/` by the hash of what they are made of, so that an unchanged program builds nothing,
and an edited handler repeats no installation. The same inputs give the same bytes: AWS sees no change.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from labelmill_infra.topology import PYTHON

from .installed import NotInstalled, copy_installed

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "requirements" / "pipeline.txt"
SOURCE = ROOT / "pipeline"
BUILD = ROOT / "build" / "lambda"

MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}  # AWS's name → the wheels' name
MOST_UNZIPPED = 40 * 2**20  # bytes; a larger package starts more slowly
# Amazon Linux 2023 has glibc 2.34; pip takes the first of these that a project offers.
_WHEEL_TAGS = ("manylinux_2_34", "manylinux_2_28", "manylinux2014")
KEPT_BUILDS = 5
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time a zip can tell
# What the runtime has already, or nobody imports.
_LEFT_OUT = ("__pycache__", "bin", "tests", "test", "sboms")


class PackageError(RuntimeError):
    """The zip could not be built, or is too large; says why."""


def build(architecture: str | None = None, *, build_dir: Path = BUILD, source: Path = SOURCE) -> Path:
    """The path of the zip for an architecture of Lambda, or with None for this very machine and interpreter.

    For an architecture, downloads wheels when the requirements have changed. Raises `PackageError`.
    """
    build_dir.mkdir(parents=True, exist_ok=True)
    wheels = _wheels(architecture, build_dir)
    files = sorted(_sources(source))
    digest = hashlib.sha256(wheels.name.encode())
    for path, name in files:
        digest.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    package = build_dir / f"pipeline-{architecture or 'native'}-{digest.hexdigest()[:16]}.zip"
    if not package.exists():
        with _written(package) as temporary:
            shutil.copyfile(wheels, temporary)
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                for path, name in files:
                    _add(archive, path, name)
            _check_size(temporary)
        _forget_older(package)
    return package


def _wheels(architecture: str | None, build_dir: Path) -> Path:
    """A zip of the installed requirements."""
    target = [architecture or "native", PYTHON if architecture else sys.version.split()[0]]
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + "\0".join(target).encode()).hexdigest()[:16]
    wheels = build_dir / f"wheels-{target[0]}-{digest}.zip"
    if wheels.exists():
        return wheels
    print(f"building the functions' package ({target[0]}) from {REQUIREMENTS.name} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=build_dir) as directory, _written(wheels) as temporary:
        if architecture:
            _download(architecture, Path(directory))
        else:
            _copy(Path(directory))
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for path in sorted(Path(directory).rglob("*")):
                name = path.relative_to(directory)
                if path.is_file() and not set(_LEFT_OUT) & set(name.parts):
                    _add(archive, path, str(name))
    _forget_older(wheels)
    return wheels


def _download(architecture: str, target: Path) -> None:
    """Has pip unpack the wheels made for a machine that may be another than this one."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--target", str(target), "--only-binary=:all:", "--requirement", str(REQUIREMENTS)]
    command += ["--implementation", "cp", "--python-version", PYTHON]
    for tag in _WHEEL_TAGS:
        command += ["--platform", f"{tag}_{MACHINES[architecture]}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"pip could not unpack {REQUIREMENTS.name} for {architecture}:\n{done.stderr}")


def _copy(target: Path) -> None:
    try:
        copy_installed(REQUIREMENTS, target)
    except NotInstalled as error:
        raise PackageError(str(error)) from error


def _sources(source: Path) -> Iterator[tuple[Path, str]]:
    """The package's files and their names in the zip, which keep its folder so that handler paths hold."""
    for path in source.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            yield path, str(Path(source.name) / path.relative_to(source))


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, path.read_bytes())


def _check_size(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_UNZIPPED:
        raise PackageError(f"the package is {size / 2**20:.1f} MB unzipped, allowed: {MOST_UNZIPPED / 2**20:.0f} MB")


class _written:  # noqa: N801 a context manager reads like a function
    """Gives a temporary path beside `path`, and moves it there when all went well: two builders never meet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Path:
        with tempfile.NamedTemporaryFile(dir=self.path.parent, suffix=".part", delete=False) as file:
            self.temporary = Path(file.name)
        return self.temporary

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.temporary.chmod(0o644)
            self.temporary.replace(self.path)
        else:
            self.temporary.unlink(missing_ok=True)


def _forget_older(kept: Path) -> None:
    """Removes earlier builds of the same thing, but for the last few: a deployment may be reading one."""
    prefix = kept.name.rsplit("-", 1)[0]
    builds = sorted(kept.parent.glob(f"{prefix}-*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in builds[KEPT_BUILDS:]:
        path.unlink(missing_ok=True)
