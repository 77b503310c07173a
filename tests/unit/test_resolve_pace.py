"""When the resolve job pauses instead of asking for records again at once."""

import pytest

from matching.run import is_stuck


@pytest.mark.parametrize(
    ("claimed", "done", "after", "firmly", "stuck"),
    [
        (500, 500, 0, False, False),
        (500, 0, 0, False, False),  # others took them: the next batch locks first
        (500, 0, 0, True, True),  # and not even that helps
        (500, 1, 0, True, False),
        (0, 0, 700, False, False),  # behind the last one; it begins anew
        (0, 0, 0, False, True),  # others hold all that waits
    ],
)
def test_it_pauses_only_where_it_gets_nowhere(claimed: int, done: int, after: int, firmly: bool, stuck: bool) -> None:
    assert is_stuck(claimed, done, after=after, firmly=firmly) is stuck
