"""Arrays of any namespace of the Python array API standard. There is a library here and no API."""
