"""Text to vectors, with the very weights that the backend uses by default."""
