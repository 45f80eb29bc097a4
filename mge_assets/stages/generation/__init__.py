"""Generation: from an atom's work to code that passes level 1 (specification §5).

What belongs here: prompts, reading of answers, feedback, the attempt loop, fingerprints. What does not: who answers (``mge_resources.llm``),
what counts as right (handed in as ``validate``), in which order atoms come, and where anything is stored.
"""

from mge_assets.stages.generation.atom_run import Validate
from mge_assets.stages.generation.feedback import FeedbackGenerator, classify
from mge_assets.stages.generation.fingerprints import fingerprint
from mge_assets.stages.generation.insistence import accepted, is_contestable, tests_refute
from mge_assets.stages.generation.journal import CallJournal, request_digest
from mge_assets.stages.generation.orchestrator import RetryOrchestrator
from mge_assets.stages.generation.outline import members, outline
from mge_assets.stages.generation.prompts import PROMPT_VERSION
from mge_assets.stages.generation.replies import ReplyError, parse_reply
from mge_assets.stages.generation.requests import build_request
from mge_assets.stages.generation.scaffold import skeleton
from mge_assets.stages.generation.work import AtomWork, DependencyCode, must_generate

__all__ = [
    "PROMPT_VERSION",
    "AtomWork",
    "CallJournal",
    "DependencyCode",
    "FeedbackGenerator",
    "ReplyError",
    "RetryOrchestrator",
    "Validate",
    "accepted",
    "build_request",
    "classify",
    "fingerprint",
    "is_contestable",
    "members",
    "must_generate",
    "outline",
    "parse_reply",
    "request_digest",
    "skeleton",
    "tests_refute",
]
