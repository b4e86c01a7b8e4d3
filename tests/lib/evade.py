#!/usr/bin/python3
"""Texts as somebody writes them who does not want them found.

  evade.py --list          the names of the ways, one a line, and what they hide
  evade.py WAY <IN >OUT    rows of JSON, "text" written in that way

Always the same: nothing is left to chance.
"""

import base64
import json
import sys

BOLD = {**{chr(65 + i): chr(0x1D400 + i) for i in range(26)},
        **{chr(97 + i): chr(0x1D41A + i) for i in range(26)},
        **{chr(48 + i): chr(0x1D7CE + i) for i in range(10)}}
ALIKE = dict(zip("aeopcxyijsABEKMHOPCTX",
                 "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455"
                 "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422"
                 "\u0425"))
LEET = dict(zip("aeiotAEIOT", "4310743107"))
ROT13 = {**{chr(65 + i): chr(65 + (i + 13) % 26) for i in range(26)},
         **{chr(97 + i): chr(97 + (i + 13) % 26) for i in range(26)}}


CAESAR = {**{chr(65 + i): chr(65 + (i + 7) % 26) for i in range(26)},
          **{chr(97 + i): chr(97 + (i + 7) % 26) for i in range(26)}}
ATBASH = {**{chr(65 + i): chr(90 - i) for i in range(26)},
          **{chr(97 + i): chr(122 - i) for i in range(26)}}
ROT47 = {chr(33 + i): chr(33 + (i + 47) % 94) for i in range(94)}
MORSE = dict(zip("abcdefghijklmnopqrstuvwxyz0123456789",
                 ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- "
                 ".--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. ----- .---- "
                 "..--- ...-- ....- ..... -.... --... ---.. ----.".split()))


MARKS = dict(zip(".,?'-/()\":=+@!",
                 ".-.-.- --..-- ..--.. .----. -....- -..-. -.--. -.--.- "
                 ".-..-. ---... -...- .-.-. .--.-. -.-.--".split()))


def morse(table):
    return lambda s: " / ".join(" ".join(table[c] for c in w if c in table)
                                for w in s.lower().split())


def each(table):
    return lambda s: "".join(table.get(c, c) for c in s)


def fullwidth(s):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in s)


def selectors(s):
    return "\U0001f600" + "".join(
        chr(0xFE00 + b if b < 16 else 0xE0100 + b - 16) for b in s.encode())


# Name, what it can hide (s: also numbers and keys; -: what is looked for at a
# high level only), how.
WAYS = {
    "zero-width": ("s", "\u200b".join),
    "soft-hyphen": ("s", "\u00ad".join),
    "tags": ("s", lambda s: "Hi." + "".join(
        chr(0xE0000 + ord(c)) if " " <= c <= "~" else " " for c in s)),
    "selectors": ("s", selectors),
    "fullwidth": ("s", fullwidth),
    "bold": ("s", each(BOLD)),
    "override": ("s", lambda s: "\n".join(
        "\u202e" + line[::-1] + "\u202c" for line in s.split("\n"))),
    "base64": ("s", lambda s: base64.b64encode(s.encode()).decode()),
    "base64-twice": ("s", lambda s: base64.b64encode(
        base64.b64encode(s.encode())).decode()),
    "hex": ("s", lambda s: s.encode().hex()),
    "percent": ("s", lambda s: "".join("%%%02X" % b for b in s.encode())),
    "entities": ("s", lambda s: "".join("&#%d;" % ord(c) for c in s)),
    "escapes": ("s", lambda s: "".join("\\u%04x" % ord(c)
                                       if ord(c) < 0x10000 else c for c in s)),
    "look-alikes": ("p", each(ALIKE)),
    "marks": ("p", lambda s: "".join(c + "\u0301" if c.isalpha() else c
                                     for c in s)),
    "spaced": ("p", " ".join),
    "leet": ("p", each(LEET)),
    "rot13": ("-", each(ROT13)),
    "reversed": ("-", lambda s: s[::-1]),
    "flipped": ("-", lambda s: " ".join(w[::-1] for w in s.split(" "))),
    "caesar": ("-", each(CAESAR)),
    "atbash": ("-", each(ATBASH)),
    "rot47": ("-", each(ROT47)),
    "numbers": ("-", lambda s: " ".join(str(ord(c)) for c in s)),
    "octal": ("-", lambda s: " ".join("%03o" % ord(c) for c in s)),
    "binary": ("-", lambda s: " ".join(format(ord(c), "08b") for c in s)),
    "binary-row": ("-", lambda s: "".join(format(b, "08b")
                                          for b in s.encode())),
    "bytes": ("-", lambda s: ", ".join(str(b) for b in s.encode())),
    "morse": ("-", morse(MORSE | MARKS)),
    "morse-bare": ("-", morse(MORSE)),
}


def main():
    if sys.argv[1:] == ["--list"]:
        for name, (what, _) in WAYS.items():
            print(name, what)
        return
    how = WAYS[sys.argv[1]][1]
    for line in sys.stdin:
        row = json.loads(line)
        row["text"] = how(row["text"])
        print(json.dumps(row, ensure_ascii=False))


main()
