"""Default channel groups."""

import pytest

from tracker.columns.core.channel import CHANNELS, UNASSIGNED, channel_group

GROUPS = {
    "Direct", "Organic Search", "Paid Search", "Organic Social", "Paid Social", "Email", "Referral", "Display",
    "Affiliates", "Organic Video", "Paid Video", "AI Assistants", "SMS", "Push", "Unassigned",
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "medium", "group"),
    [
        ("(direct)", "(none)", "Direct"),
        ("google", "organic", "Organic Search"),
        ("anything", "organic", "Organic Search"),
        ("www.bing.com", "(not set)", "Organic Search"),
        ("google", "organic-shopping", "Organic Search"),
        ("google", "cpc", "Paid Search"),
        ("google.co.uk", "ppc", "Paid Search"),
        ("nobody", "cpc", "Paid Search"),
        ("facebook", "social", "Organic Social"),
        ("l.facebook.com", "referral", "Organic Social"),
        ("fb", "(not set)", "Organic Social"),
        ("nobody", "social-media", "Organic Social"),
        ("facebook", "cpc", "Paid Social"),
        ("ig", "paid", "Paid Social"),
        ("nobody", "paid-social", "Paid Social"),
        ("youtube", "video", "Organic Video"),
        ("youtube", "cpv", "Paid Video"),
        ("nobody", "cpv", "Paid Video"),
        ("chatgpt", "ai", "AI Assistants"),
        ("chatgpt.com", "(not set)", "AI Assistants"),
        ("newsletter", "email", "Email"),
        ("newsletter", "e-mail", "Email"),
        ("facebook", "email", "Email"),
        ("gmail", "email", "Email"),
        ("mail.google.com", "referral", "Email"),
        ("email", "(not set)", "Email"),
        ("impact", "affiliate", "Affiliates"),
        ("google", "display", "Display"),
        ("nobody", "banner", "Display"),
        ("nobody", "cpm", "Display"),
        ("other.example", "referral", "Referral"),
        ("nobody", "sms", "SMS"),
        ("sms", "(not set)", "SMS"),
        ("app", "web-push", "Push"),
        ("app", "push", "Push"),
        ("firebase", "notification", "Push"),
        ("(not set)", "(not set)", "Unassigned"),
        ("nobody", "qr", "Unassigned"),
        ("nobody", "paid", "Unassigned"),
        ("chatgpt.com", "paid", "Unassigned"),
        ("mail.google.com", "paid", "Unassigned"),
        ("google.evil.com", "(not set)", "Unassigned"),
    ],
)
def test_channels(source: str, medium: str, group: str) -> None:
    """By medium, and by the list that the source's name or host is on."""
    assert channel_group(source, medium) == group


def test_the_groups_are_closed() -> None:
    """Nothing but these names."""
    assert {name for name, _ in CHANNELS} | {UNASSIGNED} == GROUPS
