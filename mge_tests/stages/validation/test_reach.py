"""What tests enter and how they end, also where many of them do not end by themselves."""

from mge_assets.stages.validation.reach import reach
from mge_resources.sandbox import Sandbox

ENDLESS = b"def fixed(text):\n    while True:\n        pass\n"


def test_code_that_no_test_gets_out_of_is_told_by_the_first_few(sandbox: Sandbox):
    tests = "from m import fixed\n" + "".join(f"\n\ndef test_{number}():\n    assert fixed('{number}') == '{number}'\n" for number in range(30))
    found = reach(sandbox, {"m.py": ENDLESS}, "tests/test_m.py", tests, seconds=0.5)
    assert [run.name for run in found.tests] == ["test_0", "test_1", "test_2"]
    assert {run.error for run in found.tests} == {"TooLong"}
    assert all(any(entry.file == "m.py" for entry in run.entered) for run in found.tests)
    assert found.limit == ""
