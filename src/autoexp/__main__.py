"""`python -m autoexp`."""

from autoexp.faces.cli.main import entry

if __name__ == "__main__":
    entry()
