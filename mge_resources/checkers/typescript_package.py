"""TypeScript's compiler as npm publishes it, in a cache of ours: one version, and only with the content that its digest names."""

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from mge_resources.checkers.port import CheckerUnavailableError

VERSION = "5.9.3"
"""The newest whose compiler is a JavaScript library, which can stay in memory; 6 and 7 are programs to call."""
INTEGRITY = "jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw=="
"""SHA-512 of the package, in base64, as the registry gave it when this version was chosen."""
_PATIENCE = 120.0


def installed(cache: Path) -> Path | None:
    """The folder of the unpacked package, if it is in the cache."""
    folder = _folder(cache)
    return folder if (folder / "lib" / "typescript.js").is_file() else None


def install(cache: Path, *, fetch: bool) -> Path:
    """Get the package with npm and unpack it. Raises CheckerUnavailableError where that is not allowed, not possible, or not what was meant."""
    if not fetch:
        raise CheckerUnavailableError("TypeScript's compiler is not here, and MGE_FETCH_TOOLS is off; run once with it on")
    npm = shutil.which("npm")
    if npm is None:
        raise CheckerUnavailableError("npm is not installed, which brings TypeScript's compiler; install it with Node")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        temporary = Path(name)
        archive = _packed(npm, temporary)
        if _digest(archive) != INTEGRITY:
            raise CheckerUnavailableError(f"npm's typescript {VERSION} is not the package that MGE knows (its digest differs); ask who runs your registry")
        with tarfile.open(archive) as packed:
            packed.extractall(temporary, filter="data")
        try:
            (temporary / "package").rename(_folder(cache))
        except OSError:
            if installed(cache) is None:  # unless another process was faster
                raise
    return _folder(cache)


def _folder(cache: Path) -> Path:
    return cache / f"typescript-{VERSION}"


def _packed(npm: str, folder: Path) -> Path:
    environment = {**os.environ, "npm_config_update_notifier": "false", "npm_config_ignore_scripts": "true"}
    try:
        done = subprocess.run(  # noqa: S603 - npm, with words of our own
            [npm, "pack", "--silent", f"typescript@{VERSION}"], cwd=folder, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CheckerUnavailableError(f"npm could not bring TypeScript's compiler: {error}") from error
    found = next(folder.glob("*.tgz"), None)
    if done.returncode or found is None:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CheckerUnavailableError(f"npm could not bring TypeScript's compiler: {last[:200]}; run once where the registry can be reached")
    return found


def _digest(archive: Path) -> str:
    return base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
