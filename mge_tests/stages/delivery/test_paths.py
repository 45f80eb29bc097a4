"""Promises of the paths that may be delivered."""

import pytest

from mge_assets.model.errors import DeliveryError
from mge_assets.stages.delivery.paths import check_paths

CLIMBING = ["../a.py", "a/../../b.py", "/etc/a.py", "..", "a/..", "C:/a.py", "C:a.py", "//host/share/a.py", ""]
ODD = ["a//b.py", "./a.py", "a/./b.py", "a/", "a\\b.py", "..\\a.py", "a\x00.py", "a\nb.py", "\udcff.py"]
GIT = [".git/config", ".GIT/hooks/post-commit", "a/.git/x.py", ".git", ".git./x", ".git /x", "git~1/x", ".gi\u200ct/config", ".git::$INDEX_ALLOCATION/x"]


@pytest.mark.parametrize("path", [*CLIMBING, *ODD, *GIT])
def test_a_path_that_leaves_the_project_or_means_git_is_refused_in_one_line(path):
    with pytest.raises(DeliveryError) as caught:
        check_paths(["fine.py", path])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "paths", [("a.py", "A.py"), ("pkg/straße.py", "pkg/STRASSE.py"), ("caf\u00e9.py", "cafe\u0301.py"), ("pkg.py", "PKG.PY/b.py"), ("a/b", "a/b/c/d.py")]
)
def test_two_paths_that_are_one_on_some_file_system_are_refused(paths):
    for order in (paths, paths[::-1]):
        with pytest.raises(DeliveryError):
            check_paths(order)


def test_ordinary_paths_of_any_script_pass():
    paths = ["a.py", "pkg/__init__.py", "pkg/.hidden/x.ts", ".github/x.js", "gitignore.py", "日本/テスト.py", "with blank/a b.py", "..a/b..py", "pkg/é.py"]
    check_paths(paths)
    assert len(set(paths)) == len(paths)
