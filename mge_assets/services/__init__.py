"""Use cases: read ▸ stage ▸ write. Each service owns one stage's work on stored plans; ``workspace`` puts them together."""
