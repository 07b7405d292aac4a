"""Output: results on standard output, messages and progress on standard error."""
