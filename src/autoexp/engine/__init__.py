"""The loop: the only place where the parts meet and things happen in order."""
