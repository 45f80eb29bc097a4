"""Promises of delivery: all or nothing, and never over somebody's work."""

import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mge_assets.model.errors import DeliveryError
from mge_assets.model.masterplan import Masterplan
from mge_assets.stages.delivery import AcceptanceTests, Delivery, Element, ProjectFile, deliver, project_files, staging

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIRST = (
    ProjectFile("shop/__init__.py", b"", "Stock", "shop"),
    ProjectFile("shop/item.py", b"ITEM = 1\n", "Stock", "item"),
    ProjectFile("web/cart.ts", b"export const cart = 1\n", "Sale", "cart"),
)
SECOND = (
    FIRST[0],
    FIRST[1],
    ProjectFile("web/cart.ts", b"export const cart = 2\n", "Sale", "cart"),
    ProjectFile("web/till.ts", b"export const till = 2\n", "Sale", "till"),
)
GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="no git program to read the history with")


def git(folder: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": "1"}
    environment |= {"GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    return subprocess.run([GIT or "git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout


def tree(folder: Path) -> dict[str, bytes]:
    """Every file but git's own, by path."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".git" not in path.relative_to(folder).parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def contents(files: tuple[ProjectFile, ...]) -> dict[str, bytes]:
    return {file.path: file.content for file in files}


def first(out: Path) -> Delivery:
    return deliver(FIRST, out, None, when=WHEN)


def refused(match: str, files: tuple[ProjectFile, ...], out: Path, previous) -> None:
    """Delivery is refused in one line, and nothing in or beside the folder is touched."""
    before = tree(out.parent)
    with pytest.raises(DeliveryError, match=match) as caught:
        deliver(files, out, previous, when=WHEN)
    assert "\n" not in str(caught.value)
    assert tree(out.parent) == before
    assert not [path for path in out.parent.iterdir() if ".mge-" in path.name]


def test_every_byte_arrives_as_it_was(tmp_path):
    odd = (b"", b"\x00\xff\xfe", b"a\r\nb\rc\n", "\ufeffü\u2028".encode(), b"no newline at the end", bytes(range(256)) * 50)
    files = tuple(ProjectFile(f"p/f{number}.py", content, "M") for number, content in enumerate(odd))
    done = deliver(files, tmp_path / "new" / "deep" / "out", None, when=WHEN)
    assert tree(done.out) == contents(files)
    assert done.written == tuple(file.path for file in files)


def test_an_empty_folder_and_one_with_only_a_repository_are_taken(tmp_path):
    (tmp_path / "empty").mkdir()
    assert tree(first(tmp_path / "empty").out) == contents(FIRST)
    shutil.copytree(tmp_path / "empty" / ".git", tmp_path / "cloned" / ".git")
    done = first(tmp_path / "cloned")
    assert tree(done.out) == contents(FIRST)
    assert done.commits == ()


def test_delivering_the_same_again_touches_nothing(tmp_path):
    done = first(tmp_path / "out")
    before = [(path, path.lstat().st_ino, path.lstat().st_mtime_ns) for path in sorted(tmp_path.rglob("*"))]
    again = deliver(FIRST, tmp_path / "out", done.digests, when=datetime.now(UTC))
    assert again.unchanged
    assert (again.digests, again.commits) == (done.digests, ())
    assert [(path, path.lstat().st_ino, path.lstat().st_mtime_ns) for path in sorted(tmp_path.rglob("*"))] == before


def test_the_same_delivery_gives_the_same_commits_anywhere(tmp_path):
    assert first(tmp_path / "one").commits == first(tmp_path / "two").commits
    assert len(first(tmp_path / "three").commits) == 2


def test_what_a_person_added_stays(tmp_path):
    out = tmp_path / "out"
    done = first(out)
    (out / "notes").mkdir()
    (out / "notes" / "todo.txt").write_text("mine")
    (out / "notes" / "run.sh").write_text("#!/bin/sh")
    (out / "notes" / "run.sh").chmod(0o755)
    (out / "shop" / "local.py").write_text("MINE = 1")
    (out / "link").symlink_to("nowhere")
    (out / "empty").mkdir()
    deliver(SECOND, out, done.digests, when=WHEN)
    assert tree(out) == contents(SECOND) | {"notes/todo.txt": b"mine", "notes/run.sh": b"#!/bin/sh", "shop/local.py": b"MINE = 1"}
    assert (out / "link").readlink() == Path("nowhere")
    assert (out / "empty").is_dir()
    assert stat.S_IMODE((out / "notes" / "run.sh").stat().st_mode) == 0o755


def test_a_file_that_the_plan_no_longer_has_goes_and_its_folder_with_it(tmp_path):
    done = first(tmp_path / "out")
    again = deliver(FIRST[:2], tmp_path / "out", done.digests, when=WHEN)
    assert again.removed == ("web/cart.ts",)
    assert tree(tmp_path / "out") == contents(FIRST[:2])
    assert not (tmp_path / "out" / "web").exists()


def test_a_file_that_a_person_changed_is_never_overwritten(tmp_path):
    out = tmp_path / "out"
    done = first(out)
    (out / "web" / "cart.ts").write_text("mine")
    (out / "shop" / "item.py").unlink()
    refused(r"changed since they were delivered: 'shop/item.py \(deleted\)', 'web/cart.ts'; deliver elsewhere with --out", SECOND, out, done.digests)
    refused("changed since", FIRST[:2], out, done.digests)


README = ProjectFile("README.md", b"of ours\n", "Stock", gives_way=True)


def test_a_readme_that_a_person_made_their_own_stays_theirs_and_what_is_still_ours_is_renewed(tmp_path):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for out in (ours, theirs):
        left = deliver((*FIRST, README), out, None, when=WHEN)
        (theirs / "README.md").write_bytes(b"mine\n") if out == theirs else None
        again = deliver((*SECOND, replace(README, content=b"newer\n")), out, left.digests, when=WHEN)
        assert ("README.md" in again.digests) == (out == ours)
        assert deliver((*SECOND, replace(README, content=b"newer\n")), out, again.digests, when=WHEN).unchanged
    assert [(out / "README.md").read_bytes() for out in (ours, theirs)] == [b"newer\n", b"mine\n"]


def test_a_readme_that_was_there_before_ours_gives_way_to_and_one_thrown_away_comes_back(tmp_path):
    left = first(tmp_path / "out")
    (tmp_path / "out/README.md").write_bytes(b"mine\n")
    kept = deliver((*FIRST, README), tmp_path / "out", left.digests, when=WHEN)
    assert kept.unchanged
    assert (tmp_path / "out/README.md").read_bytes() == b"mine\n"
    (tmp_path / "out/README.md").unlink()
    assert deliver((*FIRST, README), tmp_path / "out", {**left.digests, "README.md": "gone"}, when=WHEN).written == ("README.md",)


def test_a_file_that_a_person_replaced_by_a_link_is_never_written_through(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    done = first(out)
    shutil.move(out / "web", elsewhere)
    (out / "web").symlink_to(elsewhere)
    refused("web/cart.ts", SECOND, out, done.digests)


def test_a_file_that_a_person_added_is_not_overwritten_by_a_new_one_of_ours(tmp_path):
    out = tmp_path / "out"
    done = first(out)
    (out / "web" / "till.ts").write_text("mine")
    refused("holds other files where this delivery has its own: 'web/till.ts'", SECOND, out, done.digests)
    (out / "web" / "till.ts").write_bytes(SECOND[3].content)
    assert deliver(SECOND, out, done.digests, when=WHEN).written == ("web/cart.ts",)


def test_a_foreign_folder_is_refused(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    refused("is not empty and not a delivery of this plan .it holds 'thesis.tex'.; choose a new or empty folder", FIRST, out, None)
    refused("is not empty", FIRST, out, {"shop/item.py": "0" * 64})


def test_a_delivery_whose_record_was_lost_is_recognised(tmp_path):
    done = first(tmp_path / "out")
    assert deliver(FIRST, tmp_path / "out", None, when=WHEN).unchanged
    deliver(SECOND, tmp_path / "out", done.digests, when=WHEN)
    assert deliver(SECOND, tmp_path / "out", done.digests, when=WHEN).unchanged  # the record still tells of the first


@pytest.mark.parametrize("path", ["../climbs.py", "/tmp/absolute.py", ".git/hooks/post-commit", "shop/ITEM.py"])
def test_a_path_that_climbs_out_or_collides_is_refused_before_anything_is_written(tmp_path, path):
    refused("path", (*FIRST, ProjectFile(path, b"x", "M")), tmp_path / "out", None)
    assert not (tmp_path / "out").exists()


def test_two_files_of_one_path_are_refused(tmp_path):
    refused("same path", (*FIRST, FIRST[0]), tmp_path / "out", None)


def test_a_place_that_can_take_no_folder_is_refused_in_one_line(tmp_path):
    (tmp_path / "file").write_text("a file")
    refused("is a file", FIRST, tmp_path / "file", None)
    with pytest.raises(DeliveryError, match="a part of its path is a file"):
        first(tmp_path / "file" / "out")
    refused("name is too long", FIRST, tmp_path / ("x" * 300), None)
    refused("name is too long", (ProjectFile("y" * 300 + ".py", b"", "M"),), tmp_path / "out", None)
    with pytest.raises(DeliveryError, match="not empty"):
        deliver(FIRST, Path("/"), None, when=WHEN)


def test_the_folder_that_one_stands_in_is_not_pulled_away(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    with pytest.raises(DeliveryError, match="change to another folder first"):
        deliver(FIRST, Path(), None, when=WHEN)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_to_a_folder_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    done = first(tmp_path / "out")
    assert done.out == tmp_path / "real"
    assert (tmp_path / "out").is_symlink()
    assert tree(tmp_path / "real") == contents(FIRST)


def in_child(work) -> int:
    """Runs the work in a forked child and returns how it ended, as os.waitpid says it."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(work() or 0)
        finally:
            os._exit(99)
    return os.waitpid(child, 0)[1]


def test_without_permission_nothing_is_written(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)

    def work() -> int:
        if os.getuid() == 0:
            os.setuid(65534)
        try:
            first(tmp_path / "locked" / "out")
        except DeliveryError as error:
            return 0 if "permission denied" in str(error) else 1
        return 2

    assert in_child(work) == 0
    assert list((tmp_path / "locked").iterdir()) == []


def test_when_the_disk_takes_no_more_the_old_tree_stands(tmp_path):
    out = tmp_path / "out"
    done = first(out)
    large = (*FIRST, ProjectFile("large.py", b"#" * 200_000, "Sale"))

    def work() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            deliver(large, out, done.digests, when=WHEN)
        except DeliveryError as error:
            return 0 if "larger than allowed" in str(error) else 1
        return 2

    assert in_child(work) == 0
    assert tree(tmp_path) == {f"out/{path}": content for path, content in contents(FIRST).items()}


EVENTS = {"open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.utime", "os.scandir", "ctypes.dlsym", "shutil.rmtree"}


def delivered_until(event: int, out: Path, digests) -> int:
    """Delivers in a child that kills itself with -9 at the given system event."""

    def work() -> int:
        left = event

        def count(name: str, _: tuple[object, ...]) -> None:
            nonlocal left
            left -= name in EVENTS
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        deliver(SECOND, out, digests, when=WHEN)
        return 0

    return in_child(work)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("exchange", [True, False])
def test_killed_at_any_moment_the_old_tree_or_the_new_one_stands_whole(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr(staging, "_exchange", lambda one, other: False)  # as on systems that can't
    (tmp_path / "old").mkdir()
    digests = first(tmp_path / "old" / "out").digests
    (tmp_path / "old" / "out" / "mine.txt").write_text("mine")
    old, new = contents(FIRST) | {"mine.txt": b"mine"}, contents(SECOND) | {"mine.txt": b"mine"}
    seen, event = [], 0
    while True:
        place = tmp_path / str(event)
        shutil.copytree(tmp_path / "old", place)
        ended = delivered_until(event, place / "out", digests)
        if (place / "out").exists():  # without an exchange there is a moment at which the old tree has stepped aside
            assert tree(place / "out") in (old, new)
        else:
            assert not exchange
            assert tree(place / ".out.mge-old") == old
        seen.append(tree(place / "out") == new)
        deliver(SECOND, place / "out", digests, when=WHEN)
        assert tree(place) == {f"out/{path}": content for path, content in new.items()}
        if ended == 0:
            break
        event += 11 if exchange else 13
    assert seen[0] is False
    assert seen[-1] is True
    assert len(seen) > 10


def test_a_rename_that_fails_leaves_the_old_tree_and_no_rest(tmp_path, monkeypatch):
    out = tmp_path / "out"
    done = first(out)

    def full(one, other):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staging, "_exchange", full)
    refused("the disk is full", SECOND, out, done.digests)


def test_what_is_put_into_the_folder_while_it_is_being_replaced_is_not_lost(tmp_path, monkeypatch):
    out = tmp_path / "out"
    done = first(out)
    exchange = staging._exchange

    def meanwhile(one, other):
        (out / "late").mkdir()
        (out / "late" / "idea.txt").write_text("just now")
        return exchange(one, other)

    monkeypatch.setattr(staging, "_exchange", meanwhile)
    deliver(SECOND, out, done.digests, when=WHEN)
    assert tree(out) == contents(SECOND) | {"late/idea.txt": b"just now"}


def test_plain_pytest_passes_in_the_delivered_folder(tmp_path):
    task = {"name": "take", "description": "takes", "file": "shop/stock/take.py"}
    plan = Masterplan.model_validate({"name": "shop", "phases": [{"name": "Core", "milestones": [{"name": "Stock", "tasks": [task]}]}]})
    tests = [AcceptanceTests(Element.TASK, "take", "from shop.stock.take import take\n\n\ndef test_take():\n    assert take(3) == 2\n")]
    done = deliver(project_files(plan, {"take": b"def take(n):\n    return n - 1\n"}, tests), tmp_path / "out", None, when=WHEN)
    ran = subprocess.run([Path(sys.executable).with_name("pytest"), "-q"], cwd=done.out, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, "1 passed" in ran.stdout) == (0, True), ran.stdout


@needs_git
def test_real_git_reads_one_commit_a_milestone_in_plan_order(tmp_path):
    done = first(tmp_path / "out")
    log = git(done.out, "log", "--reverse", "--name-status", "--format=%H|%an|%ae|%aI|%s")
    assert [line for line in log.splitlines() if line] == [
        f"{done.commits[0]}|MGE|mge@localhost|2026-01-02T03:04:05+00:00|Stock",
        "A\tshop/__init__.py",
        "A\tshop/item.py",
        f"{done.commits[1]}|MGE|mge@localhost|2026-01-02T03:04:05+00:00|Sale",
        "A\tweb/cart.ts",
    ]
    assert git(done.out, "log", "--format=%B", "-1").strip() == "Sale\n\nTasks:\n- cart"
    assert git(done.out, "status", "--porcelain") == ""
    assert git(done.out, "branch", "--show-current").strip() == "main"
    git(done.out, "fsck", "--strict")


@needs_git
def test_on_re_delivery_only_the_milestones_that_changed_get_a_commit_and_history_is_kept(tmp_path):
    out = tmp_path / "out"
    done = first(out)
    (out / "mine.txt").write_text("mine")
    git(out, "add", "mine.txt")
    git(out, "-c", "user.name=P", "-c", "user.email=p@x", "commit", "-m", "my own")
    (out / "staged.txt").write_text("staged")
    git(out, "add", "staged.txt")
    again = deliver(SECOND, out, done.digests, when=WHEN)
    assert git(out, "log", "--reverse", "--format=%s").split("\n")[:-1] == ["Stock", "Sale", "my own", "Sale"]
    assert git(out, "show", "--name-status", "--format=").split() == ["M", "web/cart.ts", "A", "web/till.ts"]
    assert git(out, "status", "--porcelain").strip() == "A  staged.txt"
    removed = deliver(SECOND[1:], out, again.digests, when=WHEN)
    assert len(removed.commits) == 1
    assert git(out, "show", "--name-status", "--format=%s").split("\n")[-2] == "D\tshop/__init__.py"
    git(out, "fsck", "--strict")


@needs_git
def test_hooks_and_configuration_of_the_users_take_no_part(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[user]\nname=Somebody\nemail=s@x\n[commit]\ngpgsign=true\n[init]\ndefaultBranch=trunk\n[core]\nautocrlf=true\n")
    out = tmp_path / "out"
    done = first(out)
    for hook in ("pre-commit", "commit-msg", "post-commit"):
        (out / ".git" / "hooks").mkdir(exist_ok=True)
        (out / ".git" / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        (out / ".git" / "hooks" / hook).chmod(0o755)
    deliver(SECOND, out, done.digests, when=WHEN)
    assert not (tmp_path / "ran").exists()
    assert git(out, "log", "--format=%an %G?").split("\n")[:-1] == ["MGE N"] * 3
    assert git(out, "branch", "--show-current").strip() == "main"


def test_a_repository_that_is_broken_or_lies_elsewhere_is_refused(tmp_path):
    out = tmp_path / "out"
    done = first(out)
    (out / ".git" / "index.lock").touch()
    refused("git is at work", SECOND, out, done.digests)
    shutil.rmtree(out / ".git")
    (out / ".git").mkdir()
    refused("repository in .* can't be used", SECOND, out, done.digests)
    (out / ".git").rmdir()
    (out / ".git").write_text("gitdir: ../elsewhere")
    refused("points to a repository elsewhere", SECOND, out, done.digests)


def test_a_history_that_was_thrown_away_is_made_again(tmp_path):
    out = tmp_path / "out"
    done = first(out)
    shutil.rmtree(out / ".git")
    again = deliver(FIRST, out, done.digests, when=WHEN)
    assert again.commits == done.commits
    assert (again.written, again.unchanged) == ((), False)
