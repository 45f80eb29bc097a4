"""The environment of a run that is killed: an installation of its own, the emulator for a model."""

import os
from pathlib import Path


def run_environment(folder: Path, database: str, model: str) -> dict[str, str]:
    """Nothing of the caller's own settings; two atoms at a time."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    own = {"MGE_HOME": str(folder / "mge"), "MGE_DATABASE_URL": database, "MGE_SANDBOX": "off", "V2_MAX_PARALLEL_ATOMS": "2", "MGE_MUTATION_SECONDS": "0"}
    return kept | own | {"ANTHROPIC_BASE_URL": model, "ANTHROPIC_API_KEY": "key"}
