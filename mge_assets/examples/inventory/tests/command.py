import pytest

from inventory.command import main


@pytest.fixture
def shop(tmp_path, capsys):
    def run(*words):
        code = main(["--file", str(tmp_path / "shop.json"), *words])
        return code, capsys.readouterr().out.strip()

    return run


def test_a_day_in_the_shop(shop):
    _, line = shop("add", "TEA", "Green tea", "4.50")
    sku = line.split()[0]
    assert shop("receive", sku, "10") == (0, f"{sku}: 10 there")
    assert shop("sell", sku, "3", "--day", "2026-03-02") == (0, f"{sku}: 7 left")
    assert shop("find", "tea") == (0, f"{sku} Green tea 4.50 EUR")
    assert "31.50 EUR" in shop("report")[1]


def test_what_goes_wrong_is_told_in_one_line(shop, capsys):
    shop("add", "TEA", "Green tea", "4.50")
    assert main(["--file", "nowhere/shop.json", "report"]) == 1
    assert capsys.readouterr().err.startswith("inventory: ")


def test_nothing_is_sold_that_is_not_there(shop):
    sku = shop("add", "TEA", "Green tea", "4.50")[1].split()[0]
    assert shop("sell", sku, "1")[0] == 1
