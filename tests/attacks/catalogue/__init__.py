"""All attacks, by class."""

from tests.attacks.attack import Attack
from tests.attacks.catalogue import cache, detect, escape, forge, git, harness, log, resource

ATTACKS: tuple[Attack, ...] = (
    *harness.ATTACKS,
    *forge.ATTACKS,
    *cache.ATTACKS,
    *detect.ATTACKS,
    *escape.ATTACKS,
    *git.ATTACKS,
    *resource.ATTACKS,
    *log.ATTACKS,
)
