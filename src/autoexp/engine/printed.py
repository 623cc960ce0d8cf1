"""What the commands of an experiment printed, where nobody saw them end: no secret stays in it."""

from autoexp.campaign import confirming, looks
from autoexp.engine.workshop import Workshop
from autoexp.processes.masking import mask_file


def mask_left_output(shop: Workshop) -> None:
    """Mask what was printed in a confirmation, or in a holdout at the end, that the last session left before its end. Raises OSError."""
    for path in shop.folder.output.glob("*-*"):
        if looks.is_unmasked(shop.state, path.name) or confirming.is_unmasked(shop.state, path.name):
            mask_output(shop, path.name)


def mask_output(shop: Workshop, n: int | str) -> None:
    """Mask all that was printed in experiment n, for the baseline (0), or what else a folder is named after. Raises OSError."""
    secrets = shop.secrets()
    for path in (shop.folder.output / str(n)).rglob("*"):
        if path.is_file() and not path.is_symlink():
            mask_file(path, secrets)
