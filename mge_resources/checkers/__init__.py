"""Checking tools on code that is never run: mypy and bandit in a warm process, ruff, TypeScript's compiler. Knows nothing of atoms.

No tool is ever handed a configuration, a plug-in or an environment that belongs to the code.
"""

from mge_resources.checkers.choice import ToolCheckers, open_checkers
from mge_resources.checkers.compiling import CompilingSandbox
from mge_resources.checkers.port import Checkers, CheckerUnavailableError, Remark

__all__ = ["CheckerUnavailableError", "Checkers", "CompilingSandbox", "Remark", "ToolCheckers", "open_checkers"]
