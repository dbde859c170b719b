"""From questions with an answer to a LoRA adapter of the base."""
