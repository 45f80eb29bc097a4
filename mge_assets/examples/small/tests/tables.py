from tables.report import report


def test_a_price_list_becomes_a_table():
    assert report("tea, bags, price\nmint, 12, 3.50\nblack, 30, 12.25\n") == (
        "tea    bags  price\n"
        "-----  ----  -----\n"
        "mint     12   3.50\n"
        "black    30  12.25\n"
        "Total    42  15.75\n"
    )


def test_a_list_without_numbers_has_no_totals():
    assert report("tea\nmint\n") == "tea\n----\nmint\n"
