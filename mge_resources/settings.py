"""Settings: the only reader of the environment. Everything else is handed what it needs."""

import getpass
import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from mge_resources.packages import read_packages


class Strictness(StrEnum):
    """How strict validation is: low lets warnings pass, high treats them as errors."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class SettingsError(Exception):
    """A variable holds something that can't be used; the message names it and what it takes."""


class Settings(BaseModel):
    """One installation's settings. Each field's alias is its environment variable; its own name never is (``HOME``, ``USER`` are not ours)."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, extra="forbid", frozen=True)

    home: Path = Field(Path(".mge"), alias="MGE_HOME", description="Where this installation keeps its database, Dagster's home and its artefacts.")
    database_url: SecretStr | None = Field(None, alias="MGE_DATABASE_URL", description="A PostgreSQL server to use instead of the embedded one.")
    database_patience: float = Field(
        60.0, ge=0, le=3600, alias="MGE_DATABASE_PATIENCE", description="Seconds that a run waits for a database that went away; 0 waits for none."
    )
    plans: Path | None = Field(None, alias="MGE_PLANS", description="Watched folder of plan files; <MGE_HOME>/plans if unset.")
    user: str = Field(default_factory=getpass.getuser, alias="MGE_USER", description="Who decides, as recorded in the audit.")
    anthropic_api_key: SecretStr | None = Field(
        None, alias="ANTHROPIC_API_KEY", description="Key for Claude; without it the offline adapter hands drafts back."
    )
    anthropic_base_url: str | None = Field(
        None, pattern=r"^https?://[^/\s]+", alias="ANTHROPIC_BASE_URL", description="Another server that speaks the Messages API."
    )
    model: str = Field("claude-sonnet-5-5", alias="MGE_MODEL", description="Model that generates.")
    models: str | None = Field(
        None, alias="MGE_MODELS", description="Models of attempts 1, 2, 3, 4, separated by commas, cheap first; the last holds for all later ones."
    )
    model_prices: str | None = Field(
        None,
        alias="MGE_MODEL_PRICES",
        description="Prices of models that the table does not know, in USD per million tokens: `name=input/output`, separated by commas; 0/0 for free ones.",
    )
    max_parallel_atoms: int = Field(100, ge=1, le=10_000, alias="V2_MAX_PARALLEL_ATOMS", description="Atoms in flight at once.")
    retry_max_attempts: int = Field(4, ge=1, le=10, alias="V2_RETRY_MAX_ATTEMPTS", description="Attempts at an atom.")
    context_completeness_target: float = Field(0.95, ge=0, le=1, alias="V2_CONTEXT_COMPLETENESS_TARGET", description="Wanted share of context components.")
    validation_strictness: Strictness = Field(Strictness.MEDIUM, alias="V2_VALIDATION_STRICTNESS", description="low, medium or high.")
    validation_thresholds: str | None = Field(
        None,
        pattern=r"^((atomic|task|milestone|masterplan)=(0(\.\d+)?|1(\.0+)?)(,|$))+$",
        alias="MGE_VALIDATION_THRESHOLDS",
        description="Lowest score, 0 to 1, at which a unit passes, by level: `task=0.8,masterplan=0.9`; levels left out ask for none.",
    )
    budget_soft_usd: float = Field(15.0, ge=0, alias="MGE_BUDGET_SOFT_USD", description="Cost of a plan, in USD, that is warned of.")
    budget_usd: float = Field(25.0, ge=0, alias="MGE_BUDGET_USD", description="Most that a plan may cost, in USD over all its executions; then it pauses.")
    atom_timeout: float = Field(900.0, gt=0, alias="MGE_ATOM_TIMEOUT", description="Seconds for all attempts at an atom.")
    batch_poll_seconds: float = Field(
        30.0, gt=0, le=3600, alias="MGE_BATCH_POLL_SECONDS", description="Seconds between two looks at a message batch, under `mge run --batch`."
    )
    sandbox: str = Field(
        "auto", pattern=r"^(auto|bwrap|namespaces|off)$", alias="MGE_SANDBOX", description="auto, bwrap, namespaces, or off (tests are then not run)."
    )
    sandbox_landlock: bool = Field(
        False,
        alias="MGE_SANDBOX_LANDLOCK",
        description="on: where this machine refuses namespaces, an ordinary user's code runs under the weaker Landlock; off: it is not run.",
    )
    project_packages: str | None = Field(
        None,
        alias="MGE_PROJECT_PACKAGES",
        description="What a plan's code and tests may import: virtual environments, `site-packages` or a `node_modules`, separated by `:`; seen read-only.",
    )
    case_seconds: float = Field(60, ge=0, le=3600, alias="MGE_CASE_SECONDS", description="Seconds in which a plan's drafts are called for cases; 0 calls none.")
    integration_every: int = Field(
        10, ge=0, le=10_000, alias="MGE_INTEGRATION_EVERY", description="Atoms that land between two rounds of integration tests; 0 runs none meanwhile."
    )
    test_seconds: float = Field(
        10, gt=0, le=600, alias="MGE_TEST_SECONDS", description="Seconds that one acceptance test may take; one that takes longer is ended and named."
    )
    mutation_seconds: float = Field(
        10, ge=0, le=3600, alias="MGE_MUTATION_SECONDS", description="Seconds in which faults are seeded to find weak tests of a plan; 0 seeds none."
    )
    cache: Path = Field(
        Path("~/.cache/mge"), alias="MGE_CACHE", description="Where fetched tools and results of analysis are kept, for every installation of this account."
    )
    fetch_tools: bool = Field(
        True, alias="MGE_FETCH_TOOLS", description="on: npm may bring TypeScript's compiler when a plan needs it; off: its checks are then not run."
    )

    @property
    def root(self) -> Path:
        """``home`` as an absolute path."""
        return self.home.expanduser().absolute()

    @field_validator("project_packages")
    @classmethod
    def _usable(cls, words: str | None) -> str | None:
        return ":".join(read_packages(words)) if words else None

    @property
    def artefacts(self) -> Path:
        """Where reports are written."""
        return self.root / "artefacts"

    @property
    def logs(self) -> Path:
        """Where structured logs are written."""
        return self.root / "logs"

    @property
    def watched(self) -> Path:
        """The folder whose plan files the sensor picks up."""
        return (self.plans or self.root / "plans").expanduser().absolute()

    @property
    def tools(self) -> Path:
        """Where fetched tools are kept."""
        return self.cache.expanduser().absolute() / "tools"

    @property
    def analyses(self) -> Path:
        """Where results of analysis are kept; may be deleted."""
        return self.cache.expanduser().absolute() / "analyses"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own folder."""
        return self.root / "dagster"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; an empty variable counts as unset. Raises SettingsError naming the first variable that is wrong."""
    found = os.environ if environment is None else environment
    names = [str(field.alias) for field in Settings.model_fields.values()]
    try:
        return Settings.model_validate({name: found[name] for name in names if found.get(name)}, by_name=False, by_alias=True)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(f"{first['loc'][0]}: {str(first['msg']).removeprefix('Value error, ')}; got {first['input']!r}") from error
