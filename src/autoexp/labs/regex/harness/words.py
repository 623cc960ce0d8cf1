"""The words of the training strings."""

from strings import Words

WORDS = Words(
    names=(
        "ada", "ben", "chloe", "daniel", "elif", "farid", "grace", "hugo", "ines", "jonas", "kemi", "lucia", "mateo", "nora",
    ),
    families=(
        "okafor", "laszlo", "martin", "weiss", "demir", "haddad", "lin", "costa", "novak", "berg", "adeyemi", "romano",
    ),
    hosts=("example", "north-lab", "papers", "riverbank", "kiosk24", "tinfoil", "harbour", "meadow"),
    endings=("com", "com", "com", "com", "com", "com", "org", "net", "de", "co.uk"),
    images=("@twice.png", "@thrice.jpg", "@half.png"),
)  # fmt: skip
