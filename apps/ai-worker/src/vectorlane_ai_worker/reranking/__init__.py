"""Question and passages to scores, with a cross-encoder that the operator brings."""
