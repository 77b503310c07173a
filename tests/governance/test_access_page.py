"""The page of access: every permission by topic with the roles that hold it, or what one role may do."""

import pytest
from django.test import Client
from django.urls import reverse

from governance.roles import ROLES
from governance.views.access import PRIVACY, TOPICS
from profiles.permissions import PERMISSIONS
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_what_roles_may_do_is_told_by_topic() -> None:
    client, url = Client(), reverse("governance:access")
    client.force_login(Cast().ada)
    topics = dict(client.get(url).context["topics"])
    told = [sentence for lines in topics.values() for sentence, _, _ in lines]
    assert sorted(told) == sorted(set(PERMISSIONS.values())) and list(topics) == [*TOPICS, PRIVACY]
    apps = {codename.partition(".")[0] for names in TOPICS.values() for codename in names}
    assert "governance" not in apps and {name for names in TOPICS.values() for name in names} <= set(PERMISSIONS)
    for role in ROLES:
        page = client.get(url, {"role": role.name})
        shown = {sentence for _, lines in page.context["topics"] for sentence, _, _ in lines}
        assert shown == {PERMISSIONS[codename] for codename in role.permissions}
        assert f"What the role <strong>{role.name}</strong> may do" in page.content.decode()
    assert client.get(url, {"role": "nobody"}).context["only"] is None
