"""What the commands of an experiment printed, where nobody saw them end: no secret stays in it."""

from autoexp.engine.workshop import Workshop
from autoexp.processes.masking import mask_file


def mask_output(shop: Workshop, n: int) -> None:
    """Mask all that was printed in experiment n, or for the baseline (0). Raises OSError."""
    secrets = shop.secrets()
    for path in (shop.folder.output / str(n)).rglob("*"):
        if path.is_file() and not path.is_symlink():
            mask_file(path, secrets)
