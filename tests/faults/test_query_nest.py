"""A small query that must not eat the machine."""

import pytest

from faults import wire
from faults.outside_view import View
from faults.test_data_sets import nest

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(120)]


def test_a_defined_length_nest_in_a_query(hub: View) -> None:
    with hub.unchanged(), wire.established(hub.port, 10) as peer:
        assert peer.find(nest("defined")) != 0xFF00
