"""What tests of the linker's arms and of ablations run on."""

import pytest
from armed_linker import GOLD, coded


@pytest.fixture(scope="module")
def gold():
    return [coded(number, surface, code) for number, (surface, code) in enumerate(GOLD)]
