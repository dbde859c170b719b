"""What makes adapters for codi-hook. Imports codi_hook, never the reverse."""
