"""The outside world: settings, database, model, sandbox, syntax trees. Knows nothing of masterplans."""
