"""The small projects, one a module: a target, its harness, checks and holdout, and what plants a fault."""
