"""Is an ad's text true to the selling points, and does it read well? See `uniadgen.inspection.text`."""

from uniadgen.inspection.text import Inspection, Violation, inspect_text

__all__ = ["Inspection", "Violation", "inspect_text"]
