"""The cheating corpus in full, beside the peer: what passes where the exit code of pytest or Node is believed, and what passes here.

``python -m mge_tests.bench.cheating`` prints both counts for Python and JavaScript, and the honest projects that pass.
"""

from collections.abc import Iterator

from mge_assets.model.findings import CheckStatus
from mge_assets.stages.validation import run_tests
from mge_resources.sandbox import Limits, Sandbox, SandboxJob, open_sandbox
from mge_resources.syntax import Language
from mge_tests.security.corpora import JAVASCRIPT_TESTS, PYTHON_OTHERS, PYTHON_TESTS, projects

_LIMITS = Limits(wall_seconds=20, cpu_seconds=15)
_KINDS = {
    Language.PYTHON: ("python", "tests/test_model.py", PYTHON_TESTS, PYTHON_OTHERS),
    Language.JAVASCRIPT: ("javascript", "tests/model.test.mjs", JAVASCRIPT_TESTS, {}),
}


def _believed(sandbox: Sandbox, language: Language, files: dict[str, bytes], test_file: str) -> bool:
    """The peer: run the tests in the project's folder and believe the exit code."""
    command = ("{python}", "-m", "pytest", "-q", test_file) if language is Language.PYTHON else ("{node}", test_file)
    return sandbox.run(SandboxJob(command, files, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": "/job"}, _LIMITS)).exit_code == 0


def _judged(sandbox: Sandbox, language: Language, corpus: str) -> Iterator[tuple[str, bool, bool]]:
    """(what it is, passes here, passes where the exit code is believed) for each project."""
    kind, test_file, tests, others = _KINDS[language]
    for title, files in projects(f"{corpus}_{kind}").items():
        texts = {**others, test_file: tests, **files}
        content = {name: text.encode() for name, text in texts.items()}
        own = {name: text for name, text in content.items() if name != test_file}
        check = run_tests(sandbox, own, test_file, texts[test_file], language)
        yield title, check.status in (CheckStatus.PASSED, CheckStatus.WARNED), _believed(sandbox, language, content, test_file)


def main() -> None:
    """Print the counts and every wrong verdict; exit code 1 where there is one."""
    sandbox, wrong = open_sandbox(), []
    for language in _KINDS:
        for corpus, wanted in (("cheats", False), ("honest", True)):
            rows = list(_judged(sandbox, language, corpus))
            passed, believed = sum(here for _, here, _ in rows), sum(there for _, _, there in rows)
            print(f"{language.value}, {corpus}: {passed} of {len(rows)} pass here, {believed} where the exit code is believed", flush=True)
            wrong += [f"{language.value}: {title}" for title, here, _ in rows if here is not wanted]
    print("\n".join(wrong))
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
