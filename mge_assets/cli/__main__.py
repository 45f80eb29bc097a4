"""``python -m mge_assets.cli`` is ``mge``."""

from mge_assets.cli import main

main()
