"""Stateless compute for Vectorlane: text to vectors, PDF and images to text. Knows no database and no queue."""
