"""What the user sees: JSON, tables, talk on standard error, progress."""
