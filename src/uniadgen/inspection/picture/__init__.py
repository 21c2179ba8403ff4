"""Would a reviewer accept an ad's picture? See `uniadgen.inspection.picture.inspect`."""

from uniadgen.inspection.picture.inspect import PictureInspection, PictureViolation, inspect_picture

__all__ = ["PictureInspection", "PictureViolation", "inspect_picture"]
