"""Base models and adapters: where they come from, where they lie, and whether they are intact."""
