"""Each role finds a product made for it: every link that it is shown leads somewhere."""

import pytest

from governance.roles import ROLES
from tests.access.world import World, crawl, signed_in

pytestmark = pytest.mark.django_db
GOOD = {200, 302, 410}  # 410: a merged id, with the way on


def test_no_role_is_shown_a_dead_link() -> None:
    world = World()
    dead, visited = {}, {}
    for role in ROLES:
        pages = list(crawl(signed_in(world.users[role.name])))
        visited[role.name] = len(pages)
        dead |= {f"{role.name}: {where}": page.status_code for where, page in pages if page.status_code not in GOOD}
    assert dead == {}
    assert min(visited.values()) >= 3 and visited["steward"] > 20, visited
