"""Who is root and who is not."""

from __future__ import annotations

from lambent.context import Principal


def test_only_the_accounts_own_key_is_root() -> None:
    root = Principal(account="1", arn="arn:aws:iam::1:root", access_key_id="AKIA")
    role = Principal(account="1", arn="arn:aws:sts::1:assumed-role/r/f", access_key_id="ASIA", function_arn="arn:f")
    assert root.is_root
    assert not role.is_root


def test_a_function_is_never_root_whatever_its_arn_says() -> None:
    assert not Principal(account="1", arn="arn:aws:iam::1:root", access_key_id="ASIA", function_arn="arn:f").is_root
