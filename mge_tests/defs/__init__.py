"""The Dagster layer on a real instance."""
