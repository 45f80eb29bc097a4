"""Every way in which a plan file can be broken gives one PlanError that says where and how to mend it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.model.errors import PlanError
from mge_assets.stages.planning import dump_json, dump_yaml, load_masterplan, parse_masterplan
from mge_assets.stages.planning import loading as loading_module

GOOD = """\
name: shop
phases:
  - name: Core
    milestones:
      - name: Stock
        tasks:
          - name: one
            description: The first.
            file: shop/one.py
            code: |
              def one() -> int:
                  return 1

              # the end
"""


def errors(text: str | bytes, name: str = "plan.yaml") -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(PlanError) as caught:
        parse_masterplan(content, Path(name))
    return [str(error) for error in caught.value.every]


def with_task(*lines: str) -> str:
    return GOOD + "".join(f"            {line}\n" for line in lines)


def test_code_is_kept_to_the_byte():
    plan = parse_masterplan(GOOD.encode(), Path("plan.yaml")).masterplan
    assert next(plan.tasks).code == "def one() -> int:\n    return 1\n\n# the end\n"


def test_a_loaded_plan_knows_its_file_and_its_bytes(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    loaded = load_masterplan(path)
    assert (loaded.path, loaded.text, loaded.folder) == (path, path.read_bytes(), tmp_path)
    assert loaded.masterplan.name == "shop"


def test_every_element_is_found_again():
    loaded = parse_masterplan(GOOD.encode(), Path("plan.yaml"))
    task = ("phases", 0, "milestones", 0, "tasks", 0)
    assert str(loaded.locate(*task, "file")) == "plan.yaml:9:13 (phases[0].milestones[0].tasks[0].file)"
    assert loaded.locate(*task).line == 7
    assert loaded.locate(*task, "language").line == 7, "what is not written stands where its owner does"
    assert loaded.locate().line == 1


def test_json_and_yaml_say_the_same():
    plan = parse_masterplan(GOOD.encode(), Path("plan.yaml")).masterplan
    assert parse_masterplan(dump_json(plan).encode(), Path("plan.json")).masterplan == plan
    assert parse_masterplan(dump_yaml(plan).encode(), Path("plan.yml")).masterplan == plan


def test_json_errors_have_lines_too():
    plan = json.dumps({"name": "shop", "phases": [{"name": 3, "milestones": []}]}, indent=1)
    assert errors(plan, "plan.json") == [
        "plan.json:5:4 (phases[0].name): `name` is a number, not a text; put it in double quotes",
        "plan.json:6:4 (phases[0].milestones): `milestones` is empty; give at least one milestone",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            with_task("descripton: x"),
            "plan.yaml:15:13 (phases[0].milestones[0].tasks[0].descripton): task 'one': unknown key 'descripton'; did you mean `description`?",
        ),
        (
            GOOD + "zzz: 1\n",
            (
                "plan.yaml:15:1 (zzz): unknown key 'zzz'; "
                "known here are description, execution_mode, manifests, name, order, phases, requirements, tests, tests_source"
            ),
        ),
        (GOOD.replace("name: shop\n", ""), "plan.yaml:1:1 (name): `name` is missing; add `name: …`"),
        (
            GOOD.replace("            file: shop/one.py\n", ""),
            "plan.yaml:7:13 (phases[0].milestones[0].tasks[0].file): task 'one': `file` is missing; add `file: …`",
        ),
        (
            GOOD.replace("The first.", ""),
            "plan.yaml:8:13 (phases[0].milestones[0].tasks[0].description): task 'one': `description` is empty; write `description: …` with a text",
        ),
        ("name: shop\nphases: []\n", "plan.yaml:2:1 (phases): `phases` is empty; give at least one phase"),
        (
            "name: shop\nphases: Core\n",
            "plan.yaml:2:1 (phases): `phases` is a text, not a list; begin a line with `- ` for each item, or write `phases: [one, two]`",
        ),
        ("name: shop\nphases: [Core]\n", "plan.yaml:2:10 (phases[0]): `phases[0]` is a text, not a mapping; write `key: value` lines, such as `name: …`"),
        (
            with_task("language: pyton"),
            (
                "plan.yaml:15:13 (phases[0].milestones[0].tasks[0].language): task 'one': unknown language 'pyton'; "
                "did you mean `python`? known are python, typescript, tsx, javascript, go"
            ),
        ),
        (
            with_task("language: cobol"),
            (
                "plan.yaml:15:13 (phases[0].milestones[0].tasks[0].language): task 'one': unknown language 'cobol'; "
                "known are python, typescript, tsx, javascript, go"
            ),
        ),
        (
            with_task("regenerate: perhaps"),
            (
                "plan.yaml:15:13 (phases[0].milestones[0].tasks[0].regenerate): task 'one': `regenerate` is 'perhaps', neither true nor false; "
                "write `regenerate: true` or `regenerate: false`"
            ),
        ),
        (
            with_task("source: one.py"),
            (
                "plan.yaml:15:13 (phases[0].milestones[0].tasks[0].source): both `code` and `source` are given; "
                "keep one of them: `code` is the text, `source` a file"
            ),
        ),
        (
            GOOD + "tests: a\ntests_source: b\n",
            "plan.yaml:16:1 (tests_source): both `tests` and `tests_source` are given; keep one of them: `tests` is the text, `tests_source` a file",
        ),
        (
            GOOD.replace("name: shop", "name: shop/a|b"),
            "plan.yaml:1:1 (name): `name` can't be 'shop/a|b'; begin with a letter, a digit or `_`, and use only letters, digits, `_`, `.`, `-` and blanks",
        ),
        (GOOD.replace("name: shop", f"name: {'x' * 101}"), "plan.yaml:1:1 (name): `name` is 101 characters long; at most 100 are taken"),
        (GOOD.replace("name: shop", "name: 1.10"), "plan.yaml:1:1 (name): `name` is a number, not a text; put it in double quotes"),
        (GOOD.replace("name: shop", "name: true"), "plan.yaml:1:1 (name): `name` is true or false, not a text; put it in double quotes"),
        (
            GOOD.replace("name: shop", 'name: "\\ud800"'),
            "plan.yaml:1:1 (name): `name` holds half a character (a lone surrogate); write the character itself, or both halves",
        ),
        ("- name: shop\n", "plan.yaml:1:1: `plan` is a list, not a mapping; write `key: value` lines, such as `name: …`"),
        ("", "plan.yaml: the file is empty; write at least `name` and `phases`"),
        ("name: a\nname: b\n", "plan.yaml:2:1: the key 'name' is given twice, first in line 1; keep one of them"),
        (
            "name: !!python/object/apply:os.getcwd []\n",
            (
                "plan.yaml:1:7: the tag 'tag:yaml.org,2002:python/object/apply:os.getcwd' is not taken; "
                "take the tag away; plain texts, lists and mappings are enough"
            ),
        ),
        ("name: &a [*a]\n", "plan.yaml:1:7: an alias stands inside of what it names; write the value out"),
        ("<<: {name: a}\n", "plan.yaml:1:1: merge keys (`<<`) are not taken; write the keys out"),
        ("? [a, b]\n: c\n", "plan.yaml:1:3: a key is a list or a mapping; keys are plain words; put texts that begin with `[` or `{` in quotes"),
    ],
)
def test_a_wrong_plan_names_line_field_and_fix(text, expected):
    assert errors(text) == [expected]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("name: a: b\n", "plan.yaml:1:8: broken YAML: mapping values are not allowed here; "),
        ("name: 'a\n", "plan.yaml:2:1: broken YAML: "),
        ("name: a\n\tb: c\n", "plan.yaml:2:1: broken YAML: "),
        ("name: *nobody\n", "plan.yaml:1:7: broken YAML: found undefined alias 'nobody'; "),
        ("name: a\n---\nname: b\n", "plan.yaml:2:1: broken YAML: expected a single document in the stream, but found another document; "),
        ("name: a\x07b\n", "plan.yaml:1: the character U+0007 may not stand in YAML; "),
        (b"name: \xff\xfe\n", "plan.yaml:1: the file is binary or not UTF-8 (byte 6); save it as UTF-8 text"),
        (GOOD.encode("utf-16"), "plan.yaml:1: the file is binary or not UTF-8 (byte 0); "),
        (b"name: a\nb\0", "plan.yaml:2: the file is binary: it holds a NUL character; "),
    ],
)
def test_broken_files_say_where(text, begins):
    (error,) = errors(text)
    assert error.startswith(begins)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": 1,}', "plan.json:1:12: a comma before `}`; take the comma away"),
        ('{"name": "a" "b": 2}', "plan.json:1:14: `,` or `}` is missing; add it"),
        ('{"name" 1}', "plan.json:1:9: `:` is missing after the key 'name'; add it"),
        ("{name: 1}", "plan.json:1:2: a key is missing; write it in double quotes"),
        ('{"a": 1, "a": 2}', "plan.json:1:10: the key 'a' is given twice, first in line 1; keep one of them"),
        ('{"a": "b', "plan.json:1:7: a text is not closed, or breaks its line; close it with a quotation mark and write line breaks as `\\n`"),
        ('{"a": nothing}', "plan.json:1:7: a value is missing: found 'n'; write a text in double quotes, a list or a mapping"),
        ("", "plan.json:1:1: a value is missing: found the end of the file; write a text in double quotes, a list or a mapping"),
        ("{} {}", "plan.json:1:4: there is more text after the end; keep one JSON value in the file"),
        ("[" * 100, "plan.json:1:52: nested deeper than 50 levels; a plan needs no more than 8"),
    ],
)
def test_broken_json_says_where(text, expected):
    assert errors(text, "plan.json") == [expected]


def test_all_errors_are_told_at_once_in_the_order_of_the_file():
    text = with_task("regenerate: 7", "source: one.py").replace("name: shop", "name: a/b").replace("The first.", "7")
    found = errors(text)
    assert [error.split(":")[1] for error in found] == ["1", "8", "15", "16"]


def test_a_bomb_of_aliases_is_refused_in_time():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    (error,) = errors(bomb)
    assert "more than 300,000 values" in error


def test_deep_nesting_is_refused():
    (error,) = errors("name: " + "[" * 5_000)
    assert "depth" in error or "deep" in error


def test_a_missing_file_is_named_with_what_is_near(tmp_path):
    (tmp_path / "shop.yaml").write_text(GOOD)
    with pytest.raises(PlanError, match=r"there is no such file; did you mean .*shop\.yaml\?"):
        load_masterplan(tmp_path / "shp.yaml")
    with pytest.raises(PlanError, match="check the path"):
        load_masterplan(tmp_path / "nowhere" / "q.yaml")


def test_a_folder_is_no_plan(tmp_path):
    with pytest.raises(PlanError, match="this is a folder, not a plan file; make a plan of it with `mge import"):
        load_masterplan(tmp_path)
    (tmp_path / "shop.yaml").write_text(GOOD)
    with pytest.raises(PlanError, match=r"name the file, such as .*shop\.yaml"):
        load_masterplan(tmp_path)


def test_a_file_over_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(loading_module, "MAX_BYTES", 1 << 20)
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(PlanError, match=r"the file is over 1 MB; keep drafts in files of their own"):
        load_masterplan(path)


def test_a_path_that_can_not_be_is_an_error():
    with pytest.raises(PlanError):
        load_masterplan(Path("a\0b"))


def test_a_draft_of_megabytes_can_be_written_out():
    code = "".join(f"VALUE_{n} = {n}\n" for n in range(60_000))
    plan = parse_masterplan(GOOD.encode(), Path("plan.yaml")).masterplan
    task = next(plan.tasks).model_copy(update={"code": code})
    stone = plan.phases[0].milestones[0].model_copy(update={"tasks": (task,)})
    large = plan.model_copy(update={"phases": (plan.phases[0].model_copy(update={"milestones": (stone,)}),)})
    assert next(parse_masterplan(dump_yaml(large).encode(), Path("p.yaml")).masterplan.tasks).code == code


YAML_LIKE = st.text(alphabet=st.sampled_from(list("name: phases-[]{}&*!|>'\"#%@`,?\n\t\r ab01\\x\u2028\ufeff\x85é")), max_size=80)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), YAML_LIKE), st.sampled_from(["plan.yaml", "plan.json"]))
def test_no_text_crashes_the_loader(text, name):
    told: list[str] = []
    try:
        parse_masterplan(text.encode("utf-8", "surrogatepass"), Path(name))
    except PlanError as error:
        told = [str(each) for each in error.every]
    assert not any("\n" in each for each in told)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(["plan.yaml", "plan.json"]))
def test_no_bytes_crash_the_loader(content, name):
    with pytest.raises(PlanError):
        parse_masterplan(content, Path(name))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 12), YAML_LIKE)
def test_no_damage_to_a_good_plan_crashes_the_loader(start, length, patch):
    text = GOOD[:start] + patch + GOOD[start + length :]
    try:
        loaded = parse_masterplan(text.encode(), Path("plan.yaml"))
    except PlanError:
        return
    assert loaded.masterplan.name
