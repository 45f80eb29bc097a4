from tables.grid import column_widths, draw, rule, square


def test_short_rows_are_filled_up():
    assert square([["a", "b"], ["c"]]) == [["a", "b"], ["c", ""]]


def test_a_column_is_as_wide_as_its_widest_cell():
    assert column_widths([["tea", "1"], ["coffee", "20"]]) == [6, 2]


def test_the_rule_spans_every_column():
    assert rule([3, 2]) == "---  --"


def test_a_table_has_a_header_a_rule_and_rows():
    assert draw([["tea", "bags"], ["mint", "12"]]) == "tea   bags\n----  ----\nmint    12\n"


def test_nothing_gives_nothing():
    assert draw([]) == ""
