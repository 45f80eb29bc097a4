from tables.report import read_rows, report, total, totals


def test_cells_are_trimmed_and_empty_lines_left_out():
    assert read_rows("tea, bags\n\nmint , 12\n") == [["tea", "bags"], ["mint", "12"]]


def test_a_column_of_words_has_no_total():
    assert total(["mint", "12"]) == ""
    assert total([]) == ""


def test_columns_of_numbers_are_summed():
    assert totals([["mint", "12"], ["black", "1,000"]]) == ["", "1,012"]


def test_a_report_ends_in_its_totals():
    assert report("tea, bags\nmint, 12\nblack, 30\n").splitlines()[-1] == "Total    42"
