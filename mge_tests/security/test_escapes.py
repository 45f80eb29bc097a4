"""Nothing that code tries in the sandbox gets out, stays, or changes the host; the same code does get what it wants outside."""

import os
from pathlib import Path

import pytest

from mge_tests.bench.escape import copied, ordinary_python, proven
from mge_tests.security.escapes import Attempt, attempts, controls, host, outside, prove

BOMBS = {
    "forks without end",
    "takes memory in many processes",
    "shares memory and hides the pages",
    "hides its accounts and takes memory",
    "makes files without end",
    "writes to its output without end",
    "leaves a daemon",
    "leaves a daemon that holds its output",
}
"""The long ones that stand for all of them here; ``python -m mge_tests.bench.escape`` tries every one."""


def short() -> list[Attempt]:
    return [one for one in attempts() if not one.long or one.title in BOMBS]


def test_the_corpus_is_as_large_as_promised():
    titles = [one.title for one in attempts()]
    assert len(titles) == len(set(titles)) >= 190


def test_every_attempt_is_contained_and_the_host_is_as_it_was(sandbox):
    verdicts, changes = prove(sandbox, short())
    assert [f"{one.title}: {one.seen}" for one in verdicts if not one.contained] == []
    assert [f"{one.title}: {one.seen}" for one in verdicts if not one.real] == []
    assert changes == []


def test_the_same_code_gets_what_it_wants_outside():
    chosen = [one for one in attempts() if one.control == "outside"][::4]
    assert [title for title, worked in controls(chosen).items() if not worked] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user can't mount")
def test_what_is_tried_outside_can_only_change_its_own_folder_and_its_mounts_are_gone_with_it():
    code = """
for name in (os.path.dirname(os.path.dirname(facts["canary"])) + "/mge-guard", "/usr/mge-guard", "/var/mge-guard"):
    try: open(name, "w").close(); print("ESCAPED wrote", name)
    except OSError: pass
os.mkdir("tree")
function("mount", b"none", b"tree", b"tmpfs", 0, b"")
if not os.path.ismount("tree"): print("ESCAPED: nothing was mounted, so the mount can't be seen to be gone")
"""
    before = Path("/proc/self/mountinfo").read_text()
    with host() as target:
        assert not outside(Attempt("mounts", "contained", "outside", code), target.facts)
    assert Path("/proc/self/mountinfo").read_text() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; an ordinary user runs the test above as one")
def test_every_attempt_of_an_ordinary_user_is_contained_too(sandbox, tmp_path_factory):
    if ordinary_python() is None:
        pytest.skip("needs an interpreter that everybody can read")
    folder = tmp_path_factory.mktemp("everybody")
    for parent in (folder, *list(folder.parents)[:2]):
        parent.chmod(0o755)
    report = proven("namespaces", *[one.title for one in short() if not one.long][::3], user=54321, folder=copied(folder))
    assert (report["bad"], report["changes"]) == ([], [])
    assert isinstance(report["attempts"], int)
    assert report["attempts"] > 30
