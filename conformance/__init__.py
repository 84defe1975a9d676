"""The conformance suite: identical cases against every implementation, judged by documents, mathematics and
each other.
"""
