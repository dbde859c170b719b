"""What codi-hook knows about each file: findings with their candidates, stack, start command."""
