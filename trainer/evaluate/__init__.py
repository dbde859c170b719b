"""Measures a ranking as users get it: the hook's own ranker over questions with a known answer."""
