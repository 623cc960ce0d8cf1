"""The command line: one file a story, every command forwards to api."""
