"""Models by name: a folder on this machine, or an id of the Hugging Face hub such as deepseek-community/Janus-Pro-1B."""

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path

from uniadgen.errors import InputError

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
FILES = ("*.json", "*.safetensors")  # pickles are not even downloaded


def is_hub_id(name: str | Path) -> bool:
    """Whether a name has the form owner/model and can't be a path: nothing here is called `owner`."""
    return _ID.fullmatch(str(name)) is not None and not Path(str(name).split("/")[0]).exists()


def local_folder(name: Path, files: Sequence[str] = FILES) -> Path:
    """The folder itself, or for a hub id the folder of its downloaded files; they are downloaded once.

    files: patterns of those that are wanted. Raises InputError when the hub can't be reached and nothing was downloaded before,
    or has no such model.
    """
    if not is_hub_id(name):
        return name
    if importlib.util.find_spec("huggingface_hub") is None:
        raise InputError(f"model {name}: no such folder, and downloading needs huggingface_hub; install uniadgen[janus]")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(str(name), allow_patterns=list(files)))
    except GatedRepoError:
        raise InputError(f"model {name}: its owner restricts the download; ask for access on the hub, then log in") from None
    except RepositoryNotFoundError:
        raise InputError(f"model {name}: no such folder, and no such model on the Hugging Face hub") from None
    except Exception as error:  # whatever the network raises, from httpx's errors to OSError
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(
            f"model {name}: no such folder, and the Hugging Face hub can't be read ({reason}); download it and name its folder"
        ) from None
