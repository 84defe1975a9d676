"""What people see of a run: on the terminal, and as a page that opens from disk."""
