"""Analysis beside what others say of the same code: CPython's scopes, grimp's imports, and what really ran."""

import tempfile
from pathlib import Path

import pytest

from mge_tests.bench.dependency_oracles import import_edges, scopes
from mge_tests.bench.dependency_variations import executed, found, programs


def test_every_scope_binds_what_symtable_says():
    total, same, different = scopes(short=True)
    assert (same, different) == (total, [])
    assert total > 1000


@pytest.mark.parametrize("package", ["click", "requests"])
def test_imports_between_modules_are_grimps(package):
    mine, truth = import_edges(package)
    assert mine == truth


@pytest.mark.parametrize("name", sorted(programs())[::16])
def test_a_small_program_calls_what_analysis_says(name):
    files = programs()[name]
    with tempfile.TemporaryDirectory() as folder:
        assert executed(files, Path(folder)) == found(files)
