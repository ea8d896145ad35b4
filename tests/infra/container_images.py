"""Builds images, and starts them with the rights that a task has, and with no others.

No registry is asked: the bases are stood in for by this machine's own programs, Chromium and Python. A container has
the root file system, volumes, capabilities and user that its task has, under Docker's filter of system calls.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from labelmill_infra.topology import PYTHON

ROOT = Path(__file__).resolve().parents[2]
PROFILE = Path("/usr/share/containers/seccomp.json")
TOOLS = ("buildah", "runc", "apt-cache", "dpkg-query", "ldconfig", "chromium")
PACKAGES = ("chromium", "bash", "dash", "coreutils", "grep", "sed", "fonts-dejavu-core")
LEFT_OUT = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/icons/", "/usr/share/X11/locale/")
# What Docker lets root of the host's namespace do alone, by default; whoever has this makes namespaces.
OF_SYS_ADMIN = frozenset(
    {
        "bpf",
        "clone3",
        "fanotify_init",
        "fsconfig",
        "fsmount",
        "fsopen",
        "fspick",
        "lookup_dcookie",
        "mount",
        "mount_setattr",
        "move_mount",
        "open_tree",
        "perf_event_open",
        "pivot_root",
        "quotactl",
        "quotactl_fd",
        "setdomainname",
        "sethostname",
        "setns",
        "syslog",
        "umount",
        "umount2",
        "unshare",
        "keyctl",
    }
)
NAMESPACES = 0x7E020000  # of clone's flags, all that make one
KEPT_CAPABILITIES = frozenset({"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SETGID", "CAP_SETUID", "CAP_NET_RAW", "CAP_KILL"})


def run(command: list[Any], **options: Any) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return str(done.stdout)


def find_python() -> Path | None:
    """The folder of a Python like AWS's that can be copied: one that is not the system's."""
    names = [shutil.which(f"python{PYTHON}"), *Path.home().glob(f".pyenv/versions/{PYTHON}.*/bin/python{PYTHON}")]
    for name in filter(None, [*names, sys.executable]):
        asked = "import sys; print('%d.%d' % sys.version_info[:2], sys.base_prefix)"
        done = subprocess.run([name, "-c", asked], capture_output=True, text=True, check=False)
        version, _, prefix = done.stdout.strip().partition(" ")
        if version == PYTHON and prefix != "/usr":
            return Path(prefix)
    return None


def lay_base(root: Path, python: Path) -> None:
    """Lays out a root file system: shell and Chromium, as their packages have them here, and the Python."""
    for folder in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / folder).mkdir(parents=True)
        (root / folder).symlink_to(f"usr/{folder}")
    kinds = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    asked = ["apt-cache", "depends", "--recurse", "--installed", *(f"--no-{kind}" for kind in kinds), *PACKAGES]
    packages = {line for line in run(asked).splitlines() if line[0] not in " <|"}
    # Of two packages that would do, the one that is not here is named too, and has no files.
    listed = subprocess.run(["dpkg-query", "--listfiles", *packages], capture_output=True, text=True, check=False)
    files = set(listed.stdout.splitlines())
    for module in python.glob("lib/python3*/lib-dynload/*.so"):
        found = re.findall(r"=> (/\S+)", run(["ldd", module]))
        files.update(found, map(os.path.realpath, found))
    kept = sorted(
        one
        for one in files
        if one.count("/") > 1 and os.path.lexists(one) and not Path(one).is_dir() and not one.startswith(LEFT_OUT)
    )
    archive = root.with_suffix(".tar")
    names = "\0".join(one[1:] for one in kept)
    run(["tar", "--create", f"--file={archive}", "--directory=/", "--null", "--files-from=-"], input=names)
    run(["tar", "--extract", f"--file={archive}", f"--directory={root}"])
    archive.unlink()
    skipped = shutil.ignore_patterns("test", "tests", "__pycache__", "*.a", "idlelib")
    shutil.copytree(python, root / "usr" / "local", symlinks=True, dirs_exist_ok=True, ignore=skipped)
    for inner in (root / "usr" / "local" / "lib").glob("python3*/site-packages/*"):
        if not inner.name.startswith("pip"):
            shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
    pip = root / "usr" / "local" / "bin" / "pip"
    pip.write_text('#!/bin/sh\nexec python3 -m pip "$@"\n')
    pip.chmod(0o755)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\npwuser:x:1000:1000::/home/pwuser:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\npwuser:x:1000:\n")
    shutil.copy("/etc/ld.so.conf", root / "etc")
    shutil.copytree("/etc/ld.so.conf.d", root / "etc" / "ld.so.conf.d", dirs_exist_ok=True)
    (root / "etc" / "ld.so.conf.d" / "local.conf").write_text("/usr/local/lib\n")
    run(["ldconfig", "-r", root])
    for name in ("tmp", "proc", "dev", "sys", "root", "home/pwuser"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "tmp").chmod(0o1777)


def settings_of_pip(python: Path, folder: Path) -> list[str]:
    """Options of a build whose pip asks what this machine's asks: its settings, and the folders that they name."""
    listed = run([next(python.glob("bin/python3")), "-m", "pip", "config", "list"])
    settings = dict(re.findall(r"^\S*\.([a-z-]+)='(.*)'$", listed, re.MULTILINE))
    file = folder / "pip.conf"
    file.write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    words = {word.removeprefix("file://") for value in settings.values() for word in value.split()}
    # Of an index, the whole: its pages point beside themselves.
    paths = {one.removesuffix("/simple") for one in words if one.startswith("/") and Path(one).exists()}
    mounted = {str(file): "/etc/pip.conf", **dict(zip(paths, paths, strict=True))}
    return [f"--volume={here}:{there}:ro" for here, there in mounted.items()]


def base_of(dockerfile: Path) -> str:
    text = dockerfile.read_text()
    given = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, re.MULTILINE))
    found = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(found) == 1, f"{dockerfile}: one base is stood in for, given {found}"
    return re.sub(r"\$\{(\w+)\}", lambda named: given[named[1]], found[0])


class Image(NamedTuple):
    """`root`: its file system, laid out; `config`: what it starts, as whom, in which environment."""

    root: Path
    config: Mapping[str, Any]

    def user(self) -> tuple[int, int]:
        given = str(self.config["User"])
        entries = [line.split(":") for line in (self.root / "etc" / "passwd").read_text().splitlines()]
        named = next((one for one in entries if given in (one[0], one[2])), None)
        return (int(named[2]), int(named[3])) if named else (int(given), 0)


def missing() -> str:
    """Why no image can be built here; empty when all that it takes is there."""
    tools = [tool for tool in TOOLS if not shutil.which(tool)]
    if tools or not PROFILE.exists():
        return f"not installed: {', '.join(tools) or PROFILE} (.ci/run installs what it takes)"
    if os.geteuid() != 0:
        return "images are built and started as root, as Docker does"
    return "" if find_python() else f"no Python {PYTHON} that could be copied into a base"


@contextmanager
def build(dockerfiles: Mapping[str, Path], folder: Path) -> Iterator[dict[str, Image]]:
    """The image of each, by the name that it is given; all are gone at the end."""
    python = find_python()
    assert python
    buildah = ["buildah", f"--root={folder / 'store'}", f"--runroot={folder / 'run'}", "--storage-driver=vfs"]
    try:
        lay_base(folder / "base", python)
        (folder / "Dockerfile").write_text("FROM scratch\nCOPY base/ /\n")
        isolated = ["--isolation=chroot", "--pull-never", "--quiet"]
        bases = {base_of(dockerfile) for dockerfile in dockerfiles.values()}
        (folder / ".dockerignore").write_text("*\n!base\n")
        run([*buildah, "bud", *isolated, *(f"--tag={base}" for base in sorted(bases)), folder])
        shutil.rmtree(folder / "base")
        built = {}
        for name, dockerfile in dockerfiles.items():
            ignored = Path(f"{dockerfile}.dockerignore")
            options = [f"--ignorefile={ignored}"] if ignored.exists() else []
            options += [f"--file={dockerfile}", f"--tag={name}", *settings_of_pip(python, folder)]
            run([*buildah, "bud", *isolated, *options, ROOT])
            described = json.loads(run([*buildah, "inspect", "--type=image", name]))
            [layer] = [
                one["layer"]
                for one in json.loads((folder / "store" / "vfs-images" / "images.json").read_text())
                if f"localhost/{name}:latest" in one.get("names", [])
            ]
            root = folder / "store" / "vfs" / "dir" / layer  # of vfs, a layer is the whole file system
            built[name] = Image(root, described["OCIv1"]["config"])
        yield built
    finally:
        run(["rm", "-rf", folder])


def dockers_filter() -> dict[str, Any]:
    """Docker's default profile for a container without capabilities, out of the list that buildah's package brings."""
    here = {"x86_64": ("amd64", "SCMP_ARCH_X86_64"), "aarch64": ("arm64", "SCMP_ARCH_AARCH64")}[os.uname().machine]
    allowed = [
        {"names": sorted({*rule["names"]} - OF_SYS_ADMIN - {"clone"}), "action": rule["action"], "args": rule["args"]}
        for rule in json.loads(PROFILE.read_text())["syscalls"]
        if rule["action"] == "SCMP_ACT_ALLOW"
        and not rule["includes"].get("caps")
        and here[0] in rule["includes"].get("arches", here)
    ]
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "architectures": [here[1]],
        "syscalls": [
            *(rule for rule in allowed if rule["names"]),
            {
                "names": ["clone"],
                "action": "SCMP_ACT_ALLOW",
                "args": [{"index": 0, "value": NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
            },
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},  # the C library falls back to clone
        ],
    }


class Container:
    """One task's container: its image, its definition, and what it is given to work with."""

    def __init__(self, image: Image, definition: Mapping[str, Any], folder: Path, environment: Mapping[str, str]):
        self.image, self.definition, self.folder = image, definition, folder
        given = {pair["name"]: str(pair["value"]) for pair in definition["environment"]}
        own = dict(one.split("=", 1) for one in image.config["Env"])
        secrets = {one["name"]: "stands-in-for-a-secret-" * 3 for one in definition.get("secrets", [])}
        # What ECS puts there, which tells a program that it runs on AWS: not where a local AWS is given.
        ecs = {} if environment else {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4"}
        self.environment = {**own, **ecs, **given, **secrets, **environment}

    def entry(self) -> list[str]:
        """What ECS starts: the definition's command, after the image's entry point."""
        return [*(self.image.config.get("Entrypoint") or []), *self.definition["command"]]

    def start(self, command: list[str], text: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        dropped = self.definition["linuxParameters"]["capabilities"]["drop"]
        capabilities = [] if dropped == ["ALL"] else sorted(KEPT_CAPABILITIES)
        uid, gid = self.image.user()
        volumes = [mount["containerPath"] for mount in self.definition["mountPoints"] if not mount["readOnly"]]
        mounts = [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["mode=1777", "size=65536k"]},
        ]
        for number, path in enumerate(volumes):
            scratch = self.folder / f"volume-{number}"
            scratch.mkdir(exist_ok=True)
            scratch.chmod((self.image.root / path.lstrip("/")).stat().st_mode)  # as Docker makes a new volume
            mounts.append({"destination": path, "type": "bind", "source": str(scratch), "options": ["rbind", "rw"]})
        bundle = {
            "ociVersion": "1.0.2",
            "root": {"path": str(self.image.root), "readonly": self.definition.get("readonlyRootFilesystem", False)},
            "process": {
                "terminal": False,
                "user": {"uid": uid, "gid": gid},
                "args": command,
                "cwd": self.image.config["WorkingDir"],
                "env": [f"{name}={value}" for name, value in {**self.environment, **more}.items()],
                "noNewPrivileges": "no-new-privileges" in self.definition.get("dockerSecurityOptions", []),
                "capabilities": dict.fromkeys(("bounding", "effective", "permitted"), capabilities),
            },
            "mounts": mounts,
            "linux": {
                "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")],
                "seccomp": dockers_filter(),
                "maskedPaths": ["/proc/kcore", "/proc/keys"],
                "readonlyPaths": ["/proc/sys"],
            },
        }
        (self.folder / "config.json").write_text(json.dumps(bundle))
        number = len(list(self.folder.iterdir()))
        (self.folder / f"started-{number}").touch()
        started = ["runc", f"--root={self.folder / 'runc'}", "run", f"labelmill-{os.getpid()}-{id(self)}-{number}"]
        return subprocess.run(
            started, cwd=self.folder, input=text, capture_output=True, text=True, check=False, timeout=300
        )

    def run(self, command: list[str], text: str = "", **more: str) -> str:
        done = self.start(command, text, **more)
        assert done.returncode == 0, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout
