"""Tags are printed so that they work, and what cannot work is said."""

import pytest
import typer

from tracker.cli.snippet import ga4_tag, matomo_tag, parse, snippet, warnings


def test_without_a_port_the_google_tag_has_a_server_container() -> None:
    """The usual address takes the setting that people know."""
    assert 'server_container_url: "https://t.example.com"' in ga4_tag(parse("https://t.example.com/"), "G-1")


def test_with_a_port_the_google_tag_has_a_transport_url() -> None:
    """`server_container_url` would call the usual port instead (wire-ga4 section 1)."""
    tag = ga4_tag(parse("https://t.example.com:8443"), "G-1")
    assert ('transport_url: "https://t.example.com:8443"' in tag, "server_container_url" in tag) == (True, False)


def test_the_schemes_own_port_is_no_port() -> None:
    """`:443` of https says nothing."""
    assert parse("https://t.example.com:443").url == "https://t.example.com"


def test_a_path_is_kept() -> None:
    """A tracker may live under a path of the site itself."""
    tag = matomo_tag(parse("https://example.com/metrics/"), "7")
    assert ("https://example.com/metrics/matomo.php" in tag, '"7"' in tag) == (True, True)


def test_an_address_without_a_scheme_is_https() -> None:
    """As the tag itself reads it."""
    assert parse("t.example.com").url == "https://t.example.com"


@pytest.mark.parametrize("url", ["ftp://t.example.com", "https://", "https://t.example.com/?a=1", "https://t:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """Usage error."""
    with pytest.raises(typer.BadParameter):
        parse(url)


@pytest.mark.parametrize(
    ("url", "ga4", "told"),
    [
        ("https://t.example.com", "G-1", []),
        ("https://t.example.com:8443", "G-1", ["drops the port"]),
        ("https://t.example.com:8443", None, []),
        ("http://t.example.com", None, ["browsers block http"]),
        ("http://localhost", None, ["visitor's own machine"]),
        ("http://127.0.0.1:8080", "G-1", ["drops the port", "visitor's own machine"]),
        ("https://t.example.com", "UA-1", ["no GA4 measurement id"]),
    ],
)
def test_what_cannot_work_is_said(url: str, ga4: str | None, told: list[str]) -> None:
    """One sentence for each thing, and none where all is well."""
    found = warnings(parse(url), ga4)
    assert [phrase in sentence for phrase, sentence in zip(told, found, strict=True)] == [True] * len(told)


def test_only_the_tag_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """`--matomo` alone prints no Google tag."""
    snippet("https://t.example.com", matomo="1")
    assert ["gtag(" in (out := capsys.readouterr().out), "_paq" in out] == [False, True]


def test_both_tags_without_a_choice(capsys: pytest.CaptureFixture[str]) -> None:
    """With a place for the measurement id."""
    snippet("https://t.example.com")
    assert ["G-XXXXXXXXXX" in (out := capsys.readouterr().out), "_paq" in out] == [True, True]


@pytest.mark.parametrize("id", ["0", "x", "-1", "²"])
def test_a_matomo_id_is_a_number(id: str) -> None:
    """Others would be refused with every hit."""
    with pytest.raises(typer.BadParameter, match="numbers from 1"):
        snippet("https://t.example.com", matomo=id)
