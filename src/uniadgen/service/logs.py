"""Logs as lines of JSON on standard error. What a request says is never in them: no text, picture or id of a shopper."""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from uniadgen.console import is_quiet

LOGGER = "uniadgen.service"


class JsonFormatter(logging.Formatter):
    """{"time", "level", "message", ...}; what a record has in `fields` stands beside."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # Only what and where: an exception's own words may be a shopper's
            entry["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            entry["at"] = []
            while trace is not None:
                entry["at"].append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
                trace = trace.tb_next
        return json.dumps(entry)


@contextmanager
def json_logs() -> Iterator[None]:
    """Within the block the service's loggers write JSON: everything, or with --quiet only errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    level = logging.ERROR if is_quiet() else logging.INFO
    loggers = [(logging.getLogger(LOGGER), level), (logging.getLogger("uvicorn.error"), max(level, logging.WARNING))]
    before = [(logger, logger.level, logger.propagate) for logger, _ in loggers]
    for logger, logger_level in loggers:
        logger.addHandler(handler)
        logger.setLevel(logger_level)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, logger_level, propagate in before:
            logger.removeHandler(handler)
            logger.setLevel(logger_level)
            logger.propagate = propagate
