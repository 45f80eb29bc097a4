"""The declared tables (specification §9). Migrations are tested to equal them."""

from mge_assets.store.tables.atoms import AtomDependencyRow, AtomicUnitRow, DependencyGraphRow, GraphVersionRow
from mge_assets.store.tables.base import Base
from mge_assets.store.tables.decisions import DecisionAuditRow, FindingOverrideRow, HumanReviewRow, IntegrationRunRow, ValidationResultRow
from mge_assets.store.tables.executions import (
    AtomMemoryRow,
    AtomRetryRow,
    DeliveredFileRow,
    ExecutionRow,
    ExecutionWaveRow,
    LlmCallRow,
    MessageBatchRow,
    PlanBudgetRow,
)
from mge_assets.store.tables.plans import (
    DiscoveryDocumentRow,
    MasterplanHistoryRow,
    MasterplanRow,
    MasterplanVersionRow,
    MilestoneRow,
    PhaseRow,
    SubtaskRow,
    TaskRow,
)

__all__ = [
    "AtomDependencyRow",
    "AtomMemoryRow",
    "AtomRetryRow",
    "AtomicUnitRow",
    "Base",
    "DecisionAuditRow",
    "DeliveredFileRow",
    "DependencyGraphRow",
    "DiscoveryDocumentRow",
    "ExecutionRow",
    "ExecutionWaveRow",
    "FindingOverrideRow",
    "GraphVersionRow",
    "HumanReviewRow",
    "IntegrationRunRow",
    "LlmCallRow",
    "MasterplanHistoryRow",
    "MasterplanRow",
    "MasterplanVersionRow",
    "MessageBatchRow",
    "MilestoneRow",
    "PhaseRow",
    "PlanBudgetRow",
    "SubtaskRow",
    "TaskRow",
    "ValidationResultRow",
]
