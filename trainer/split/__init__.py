"""Pairs into train, val and test, so that nothing that is tested was learned."""
