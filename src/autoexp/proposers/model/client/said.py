"""What a service said about its own failure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """The status, the words for the kind of failure (types and codes, lower case), the field it is about, and the message."""

    status: int
    kinds: tuple[str, ...] = ()
    param: str = ""
    message: str = ""

    @property
    def words(self) -> str:
        """Give everything that was said, in lower case, to look for words in."""
        return " ".join((*self.kinds, self.message)).lower()
