"""Mail as Python's own package reads it: Subject, From, To and Cc, then the parts that are text, in their order. Of
alternatives the plain text where there is any; HTML without its tags; messages inside of others likewise."""

import email
import email.policy
import html.parser
import sys

HEADERS = ("subject", "from", "to", "cc")
UNSEEN = {"script", "style", "title"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.unseen = [], 0

    def handle_starttag(self, tag, attrs):
        self.unseen += tag in UNSEEN
        self.texts.append("" if tag in INLINE else "\n")

    def handle_endtag(self, tag):
        self.unseen = max(0, self.unseen - (tag in UNSEEN))
        self.texts.append("" if tag in INLINE else "\n")

    def handle_data(self, data):
        if self.unseen == 0:
            self.texts.append(data)


INLINE = {"a", "b", "em", "font", "i", "small", "span", "strong", "sub", "sup", "u"}


def content(part):
    try:
        return str(part.get_content())
    except (LookupError, KeyError, ValueError):  # an unknown charset
        return (part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def shown(part):
    kind = part.get_content_type()
    if part.is_multipart():
        if kind == "message/rfc822":
            return "\n".join(message(inner) for inner in part.get_payload())
        children = [shown(child) for child in part.get_payload()]
        if kind == "multipart/alternative":
            plain = [text for child, text in zip(part.get_payload(), children) if child.get_content_type() == "text/plain"]
            return next((text for text in plain if text.strip()), children[-1] if children else "")
        return "\n".join(children)
    if kind == "text/html":
        page = Page()
        page.feed(content(part))
        return "".join(page.texts)
    return content(part) if part.get_content_maintype() == "text" else ""


def message(mail):
    heads = []
    for name in HEADERS:
        try:
            heads.append(str(mail.get(name, "")))
        except Exception:  # the package fails on some that are broken
            pass
    return "\n".join([*heads, shown(mail)])


with open(sys.argv[1], "rb") as file:
    text = message(email.message_from_binary_file(file, policy=email.policy.default))
sys.stdout.buffer.write(text.encode("utf-8", "replace"))
