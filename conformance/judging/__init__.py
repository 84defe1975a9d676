"""Judging: verdicts on answers, by documents, mathematics and agreement, and what was expected of them."""
