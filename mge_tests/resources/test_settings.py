"""Settings come from their own variables, and from no others."""

from pathlib import Path

import pytest

from mge_resources.settings import Settings, SettingsError, read_settings


def test_an_empty_environment_gives_the_defaults():
    settings = read_settings({"MGE_USER": "me"})
    assert settings == Settings(user="me")
    assert settings.root == Path.cwd() / ".mge"
    assert settings.watched == settings.root / "plans"


def test_variables_of_the_machine_that_are_named_like_a_field_are_not_read():
    strangers = {"HOME": "/elsewhere", "USER": "x", "MODEL": "y", "PLANS": "z", "SANDBOX": "off", "DATABASE_URL": "postgresql://a/b", "LOGS": "l"}
    assert read_settings({"MGE_USER": "me", **strangers}) == read_settings({"MGE_USER": "me"})


def test_every_variable_reaches_its_field():
    settings = read_settings(VALUES)
    assert set(VALUES) == {field.alias for field in Settings.model_fields.values()}
    for name, field in Settings.model_fields.items():
        found = getattr(settings, name)
        shown = found.get_secret_value() if hasattr(found, "get_secret_value") else found
        assert str(shown) == VALUES[str(field.alias)], name


VALUES = {
    "MGE_HOME": "/h", "MGE_DATABASE_URL": "postgresql://u@h/d", "MGE_DATABASE_PATIENCE": "7.5", "MGE_PLANS": "/p", "MGE_USER": "me", "ANTHROPIC_API_KEY": "key",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:1", "MGE_MODEL": "claude-haiku-5-5", "MGE_MODELS": "a,b", "MGE_MODEL_PRICES": "m=1/2",
    "V2_MAX_PARALLEL_ATOMS": "7", "V2_RETRY_MAX_ATTEMPTS": "2",
    "V2_CONTEXT_COMPLETENESS_TARGET": "0.5", "V2_VALIDATION_STRICTNESS": "high", "MGE_VALIDATION_THRESHOLDS": "task=0.8,masterplan=1",
    "MGE_BUDGET_SOFT_USD": "1.5", "MGE_BUDGET_USD": "2.5",
    "MGE_ATOM_TIMEOUT": "30.0", "MGE_BATCH_POLL_SECONDS": "5.0", "MGE_SANDBOX": "off", "MGE_CASE_SECONDS": "60.0", "MGE_INTEGRATION_EVERY": "5",
    "MGE_MUTATION_SECONDS": "7.5", "MGE_TEST_SECONDS": "3.0", "MGE_SANDBOX_LANDLOCK": "True", "MGE_CACHE": "/c", "MGE_FETCH_TOOLS": "False",
    "MGE_PROJECT_PACKAGES": str(Path(pytest.__file__).parents[1]),
}  # fmt: skip


def test_an_empty_variable_counts_as_unset():
    assert read_settings({"MGE_USER": "me", "ANTHROPIC_API_KEY": "", "MGE_DATABASE_URL": ""}).database_url is None


def test_a_wrong_value_names_its_variable():
    with pytest.raises(SettingsError, match="V2_RETRY_MAX_ATTEMPTS"):
        read_settings({"V2_RETRY_MAX_ATTEMPTS": "0"})


@pytest.mark.parametrize(("name", "value"), [("MGE_SANDBOX", "foo"), ("ANTHROPIC_BASE_URL", "notaurl"), ("V2_VALIDATION_STRICTNESS", "hard")])
def test_a_word_that_is_none_of_the_known_ones_is_refused_at_once(name: str, value: str):
    with pytest.raises(SettingsError, match=f"{name}.*{value}"):
        read_settings({name: value})


def test_secrets_are_not_shown():
    settings = read_settings({"ANTHROPIC_API_KEY": "very-secret", "MGE_DATABASE_URL": "postgresql://u:very-secret@h/d"})
    assert "very-secret" not in repr(settings)
