"""From one API's loss to another's: what to change by hand, and what differs without an error."""
