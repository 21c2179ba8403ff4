"""The checksums beside the embedded model are those of its files.

After a new model: cd src/uniadgen/weights && sha256sum *.json *.safetensors > SHA256SUMS
"""

import hashlib

from uniadgen.loading.checkpoint import embedded_folder


def test_checksums_of_the_shipped_weights() -> None:
    folder = embedded_folder()
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = {path.name: path for path in folder.iterdir() if path.suffix in (".json", ".safetensors")}
    assert listed == {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
