"""JavaScript and TypeScript: their scopes, modules, types and calls as constraints."""
