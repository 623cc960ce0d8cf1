"""Making a campaign whole again: the journal from git, and git's refs from the journal."""
