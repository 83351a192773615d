"""Markdown of staff: never live code, and the same words in plain text."""

import re
from html.parser import HTMLParser

import pytest

from chatbot_site.lib.markdown import html_of, plain_of


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "**bold** <b onclick=alert(1)>b</b>",
        "<!-- --><style>*{display:none}</style>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](java&#x09;script:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](//evil.example)",
        "[x](/\\evil.example)",
        "[x](/%5Cevil.example)",
        "[x](http://evil.example)",
        "[x](https:javascript:alert)",
        "[x](file:///etc/passwd)",
        "[x](evil.example)",
        "<javascript:alert(1)>",
        "![x](https://tracker.example/pixel.png)",
        "![x](javascript:alert(1))",
        '[x](https://ok.example "\\" onmouseover=alert(1)")',
        "[a]: javascript:alert(1)\n\n[a]",
        "`<script>`",
        "```html\n<script>alert(1)</script>\n```",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "# <script>",
        "a\n===\n<iframe src=//evil.example>",
    ],
)
def test_markdown_never_gives_live_code(hostile: str) -> None:
    seen = _Tags()
    seen.feed(html_of(hostile))
    seen.close()

    assert seen.tags <= {"p", "br", "strong", "code", "pre", "a"}
    assert all(re.match(r"https://|/(?![/%\\])", address) for address in seen.addresses)
    assert seen.attributes <= {"href", "rel"}


class _Tags(HTMLParser):
    """What a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]

    def handle_decl(self, decl: str) -> None:
        self.tags.add(decl)

    def handle_comment(self, data: str) -> None:
        self.tags.add("comment")


@pytest.mark.parametrize(
    ("markdown", "html", "plain"),
    [
        ("a **b** _c_", "<p>a <strong>b</strong> <em>c</em></p>", "a b c"),
        ("one\ntwo", "<p>one<br>\ntwo</p>", "one\ntwo"),
        ("- x\n- y", "<ul>\n<li>x</li>\n<li>y</li>\n</ul>", "• x\n• y"),
        ("3. x\n4. y", '<ol start="3">\n<li>x</li>\n<li>y</li>\n</ol>', "3. x\n4. y"),
        (
            "[map](https://x.example/?a=1&b=2)",
            '<p><a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer">map</a></p>',
            "map (https://x.example/?a=1&b=2)",
        ),
        (
            "[a@b.example](mailto:a@b.example)",
            '<p><a href="mailto:a@b.example" rel="noopener noreferrer">a@b.example</a></p>',
            "a@b.example",
        ),
        (
            "[help](/help/)",
            '<p><a href="/help/" rel="noopener noreferrer">help</a></p>',
            "help (/help/)",
        ),
        ("2 < 3 & 4", "<p>2 &lt; 3 &amp; 4</p>", "2 < 3 & 4"),
        ("# not a heading", "<p># not a heading</p>", "# not a heading"),
        ("", "", ""),
    ],
)
def test_markdown_in_both_forms(markdown: str, html: str, plain: str) -> None:
    assert html_of(markdown) == html
    assert plain_of(markdown) == plain
