"""Markdown of staff made safe: to HTML that can't run anything, and to plain text.

Paragraphs, line breaks, emphasis, lists, quotations, code and links; no raw HTML, no images, no
headings. A link leads by https, mailto or tel to somewhere else, or by a path to this site.
"""

import re
from collections.abc import Sequence
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_SCHEMES = frozenset({"https", "mailto", "tel"})
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "code", "pre", "a"}
_ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}, "*": set()}
# The second stroke of "//host" or "/\host" would leave the site under any scheme.
_OWN_PATH = re.compile(r"/(?!/|\\|%5c)[^\s\\]*\Z", re.IGNORECASE)
_DISABLED = ("html_block", "html_inline", "image", "heading", "lheading", "hr", "reference")


def html_of(markdown: str) -> str:
    """The text as HTML for a page with a strict policy; safe whatever was typed."""
    html = _parser().render(markdown).strip()
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
    )


def plain_of(markdown: str) -> str:
    """The text for those who can't see HTML: no marks, list signs kept, addresses in brackets."""
    lines: list[str] = []
    marker = ""
    for token in _parser().parse(markdown):
        if token.type == "list_item_open":
            marker = f"{token.info}. " if token.info else "• "
        elif token.type == "inline":
            lines.append(marker + _inline(token.children or ()))
            marker = ""
        elif token.type in {"fence", "code_block"}:
            lines.append(token.content.rstrip())
    return "\n".join(lines).strip()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(list(_DISABLED))
    parser.validateLink = _may_link  # type: ignore[method-assign] # the library's way to restrict
    return parser


def _may_link(url: str) -> bool:
    scheme, colon, rest = url.partition(":")
    if colon and scheme.lower() in _SCHEMES:
        start = "//" if scheme.lower() == "https" else ""
        return rest.startswith(start) and bool(rest.strip("/"))
    return _OWN_PATH.match(url) is not None


def _inline(tokens: Sequence[Token]) -> str:
    """The words of one line; a link's address follows where its words don't show it."""
    words: list[str] = []
    link, start = "", 0
    for token in tokens:
        if token.type == "link_open":
            link, start = str(token.attrs.get("href", "")), len(words)
        elif token.type == "link_close":
            address = re.sub(r"\A(mailto|tel):", "", link)
            if address not in "".join(words[start:]):
                words.append(f" ({address})")
        elif token.type in {"softbreak", "hardbreak"}:
            words.append("\n")
        else:
            words.append(token.content)
    return "".join(words)
