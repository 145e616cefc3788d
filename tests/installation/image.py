"""Builds and runs the image without a daemon and without a registry: as root, on Debian.

No registry is contacted: Debian's own Python takes the place and the name of the base image.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from tests.documents.files import ROOT
from tests.installation.tools import done, path_of

DOCKERFILE: Final = ROOT / "bot" / "operations" / "Dockerfile"
BASE: Final = re.compile(r"^ARG PYTHON=(\S+-slim-(\w+))$", re.MULTILINE)
# Slim images have these too; the build makes a virtual environment.
PACKAGES: Final = "ca-certificates,python3,python3-venv"
# If the machine trusts a certificate authority of its own, the build must trust it, too.
TRUSTED: Final = "/etc/ssl/certs/ca-certificates.crt"
NOT_ROOT: Final = "THE IMAGE IS NOT BUILT: that takes root."
# As a runtime would do with --read-only, --tmpfs /tmp, --volume, --cap-drop ALL, --user and --init
# left out. The command is process 1, which gets no signal that it does not handle.
RUN: Final = """
root=$1; data=$2; user=$3; shift 3
mount --bind "$root" "$root"
mount --bind "$data" "$root/data"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec chroot "$root" /usr/bin/setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups \
  --no-new-privs --bounding-set=-all --inh-caps=-all -- /usr/bin/env -i "$@"
"""


@dataclass(frozen=True, slots=True)
class Image:
    root: Path
    config: dict[str, Any]
    # The size of each layer on top of the base.
    sizes: list[int]

    @asynccontextmanager
    async def running(
        self, data: Path, *arguments: str, **variables: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run the entry point with the image's own command, or with the given one."""
        command = [*self.config["Entrypoint"], *(arguments or self.config["Cmd"])]
        process = await self._start(data, command, variables)
        try:
            yield process
        finally:
            if process.returncode is None:
                stop(process, signal.SIGKILL)
            await process.communicate()

    async def output_of(self, data: Path, *command: str, **variables: str) -> tuple[int, str]:
        process = await self._start(data, command, variables)
        out, err = await process.communicate()
        return process.returncode or 0, (out + err).decode()

    async def _start(
        self, data: Path, command: list[str] | tuple[str, ...], variables: Mapping[str, str]
    ) -> asyncio.subprocess.Process:
        given = [f"{name}={value}" for name, value in variables.items()]
        apart = ("--mount", "--pid", "--fork", "sh", "-ec", RUN, "sh")
        inside = ("-C", self.config["WorkingDir"], *self.config["Env"], *given, *command)
        return await asyncio.create_subprocess_exec(
            path_of("unshare"),
            *apart,
            self.root,
            data,
            self.config["User"],
            *inside,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


def stop(process: asyncio.subprocess.Process, number: int) -> None:
    """Send the signal to process 1 of the container, as a runtime does."""
    for first in psutil.Process(process.pid).children():
        first.send_signal(number)


@contextmanager
def built() -> Iterator[Image]:
    if os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            pytest.fail(NOT_ROOT)
        pytest.skip(NOT_ROOT)
    # Not inside pytest's folder, which keeps what the last three runs left.
    folder = Path(tempfile.mkdtemp(prefix="weav-slack-image-"))
    try:
        yield _built(folder)
    finally:
        shutil.rmtree(folder)


def _built(folder: Path) -> Image:
    def buildah(*arguments: str | Path) -> str:
        store = ("--storage-driver", "vfs", "--root", folder / "store", "--runroot", folder / "run")
        return done("buildah", *store, *arguments, cwd=ROOT).strip()

    def layers(image: str) -> list[int]:
        pushed = folder / "pushed"
        buildah("push", "--quiet", "--disable-compression", image, f"dir:{pushed}")
        manifest = json.loads((pushed / "manifest.json").read_text(encoding="utf-8"))
        shutil.rmtree(pushed)
        return [layer["size"] for layer in manifest["layers"]]

    [(base, release)] = BASE.findall(DOCKERFILE.read_text(encoding="utf-8"))
    empty = buildah("from", "scratch")
    place = buildah("mount", empty)
    bootstrap = (path_of("debootstrap"), "--variant=minbase", f"--include={PACKAGES}")
    # Its mounts end with it, also when it fails: the folder is removed.
    done("unshare", "--mount", *bootstrap, release, place, cwd=folder)
    buildah("commit", "--quiet", "--rm", empty, base)
    buildah(
        *("bud", "--quiet", "--isolation", "chroot", "--format", "docker", "--pull-never"),
        *("--volume", f"{TRUSTED}:{TRUSTED}:ro", "--file", DOCKERFILE, "--tag", "weav-slack", "."),
    )
    inspected = json.loads(buildah("inspect", "--type", "image", "weav-slack"))
    return Image(
        Path(buildah("mount", buildah("from", "--pull-never", "weav-slack"))),
        inspected["Docker"]["config"],
        layers("weav-slack")[len(layers(base)) :],
    )
