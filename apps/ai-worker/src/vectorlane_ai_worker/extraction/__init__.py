"""PDF and images to text with structure, parsed in child processes that may be killed."""
