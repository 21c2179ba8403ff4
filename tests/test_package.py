"""The public names can be imported from the package itself."""

import pytest

import uniadgen


@pytest.mark.parametrize("name", uniadgen.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(uniadgen, name).__name__ == name
