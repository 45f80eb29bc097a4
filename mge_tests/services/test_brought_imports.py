"""Lines of imports that an answer brings: whatever happens at the same time, who sees the code sees them too, and they are stored once."""

from pathlib import Path

import pytest

from mge_assets.model.attempts import AtomOutcome, AtomStatus, Attempt
from mge_assets.model.findings import CheckStatus, Level, ValidationResult
from mge_assets.services.live import LiveExecution
from mge_assets.services.unit_tests import CHECK, UnitTests
from mge_assets.store.plans import StoredTests
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings
from mge_tests.services.test_integration import IMPORTING, MATHS, OTHER, Kinds
from mge_tests.services.walk import begun

RATE = MATHS.partition("\n\n\n")[2].encode()
IMPORTS = ("import math",)


@pytest.fixture
def live(settings: Settings, tmp_path: Path):
    path = tmp_path / "taxes.yaml"
    path.write_text(IMPORTING)
    with begun(settings, path, Kinds(MATHS)) as execution:
        yield execution


def completed(name: str, code: bytes) -> AtomOutcome:
    return AtomOutcome(name, AtomStatus.COMPLETED, code, (Attempt(1, code, None, imports=IMPORTS),))


def test_code_is_never_seen_without_the_imports_that_it_brings(live: LiveExecution):
    rate = live.atoms.by_name["rates.rate"].atom_id
    live.show(rate, RATE, IMPORTS)
    assert live.project()["rates.py"].startswith(b"import os\nimport math\n")


def test_an_import_atom_that_ends_later_keeps_what_others_put_into_it(live: LiveExecution):
    rate, imports = (live.atoms.by_name[name].atom_id for name in ("rates.rate", "rates"))
    own = live.keeping(AtomOutcome("rates", AtomStatus.COMPLETED, b"import os\n\n"))
    live.show(rate, RATE, IMPORTS)
    live.landed(imports, own.status, live.keeping(own).code)
    assert b"import math\n" in live.codes["rates"]


def test_an_import_atom_is_stored_once_for_all_that_was_brought_before(live: LiveExecution):
    rate = live.atoms.by_name["rates.rate"].atom_id
    live.show(rate, RATE, IMPORTS)
    ((key, stored),) = live.with_imports(rate, completed("rates.rate", RATE))
    assert (key, stored.code) == (live.atoms.by_name["rates"].atom_id, b"import os\nimport math\n\n")
    assert live.with_imports(rate, completed("rates.rate", RATE)) == ()


def unit_tests(live: LiveExecution, sandbox: Sandbox) -> UnitTests:
    tasks = {task.name: task.tests or "" for task in live.atoms.plan.tasks}
    return UnitTests(live, sandbox, StoredTests("", {}, tasks))


def judged(tests: UnitTests, live: LiveExecution) -> CheckStatus:
    stored = live.atoms.by_name["prices.taxed"]
    nothing = ValidationResult(Level.ATOMIC, "prices.taxed", ())
    result = tests.judged(nothing, stored.atom, OTHER.encode(), live.work(stored.atom_id).before)
    return next(check.status for check in result.checks if check.name == CHECK)


def test_a_test_that_entered_a_draft_tells_nothing_though_the_atom_landed_meanwhile(live: LiveExecution, sandbox: Sandbox):
    tests, rate = unit_tests(live, sandbox), live.atoms.by_name["rates.rate"].atom_id

    class Landing:
        """The sandbox; while it runs something, the other atom lands."""

        isolation = sandbox.isolation

        def run(self, *arguments, **options):
            ran = sandbox.run(*arguments, **options)
            live.landed(rate, AtomStatus.COMPLETED, RATE, IMPORTS)
            return ran

    tests.sandbox = Landing()
    assert judged(tests, live) is CheckStatus.NOT_RUN
    tests.sandbox = sandbox
    assert judged(tests, live) is CheckStatus.PASSED


def test_code_that_passed_is_run_with_its_imports_before_they_are_in_its_file(live: LiveExecution, sandbox: Sandbox):
    tests = unit_tests(live, sandbox)
    tests.put("rates.rate", RATE, IMPORTS)
    assert judged(tests, live) is CheckStatus.PASSED
    tests.put("rates.rate", RATE)
    assert judged(tests, live) is CheckStatus.FAILED
