"""Review: how sure we are of an atom, and which atoms go before a person.

What belongs here: scoring confidence and choosing the queue, both pure. What does not: people's decisions, which are rows (services).
"""

from mge_assets.stages.review.confidence import ConfidenceScorer
from mge_assets.stages.review.queue import ReviewQueueManager, ReviewStatistics, ScoredAtom, select_for_review, statistics

__all__ = ["ConfidenceScorer", "ReviewQueueManager", "ReviewStatistics", "ScoredAtom", "select_for_review", "statistics"]
