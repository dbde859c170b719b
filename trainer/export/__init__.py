"""From trained weights to what codi-hook loads: adapter.gguf and metadata.json."""
