"""Is an ad's text true to the selling points, and does it read well? See `uniadgen.inspection.text`."""

from uniadgen.inspection.text import Flag, Inspection, Violation, inspect_text, text_verdict

__all__ = ["Flag", "Inspection", "Violation", "inspect_text", "text_verdict"]
