"""The command init, in real repositories, up to a contract that passes check."""
