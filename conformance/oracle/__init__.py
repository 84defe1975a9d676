"""The oracle: what a case comes to exactly. Nothing here is shared with the implementations."""
