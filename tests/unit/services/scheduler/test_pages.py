import pytest

from lambent.model.errors import ApiError
from lambent.services.scheduler import pages


def test_tokens_name_where_to_go_on() -> None:
    assert pages.position({"NextToken": pages.token("jobs/tick")}) == "jobs/tick"
    assert pages.position({}) == ""
    assert (pages.size({}), pages.size({"MaxResults": 3})) == (100, 3)
    with pytest.raises(ApiError, match="Invalid NextToken"):
        pages.position({"NextToken": "x"})
