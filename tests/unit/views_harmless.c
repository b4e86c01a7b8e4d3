#include <stdlib.h>

#include "check.h"
#include "compiled.h"
#include "detect/classes.h"
#include "rules/rules.h"

/*
 * Texts that are as they should be, though views differ from them: the rules
 * that are included by default find nothing, whoever wrote them.
 */

static const struct {
    const char *row, *text;
} rows[] = {
    {"a family", "We are four: \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d"
                 "\U0001f466, and the dog \U0001f415\u200d\U0001f9ba."},
    {"hearts", "Thank you \u2764\ufe0f so much \u2764\ufe0f\u200d\U0001f525 "
               "\u2714\ufe0f done"},
    {"flags", "From \U0001f1e9\U0001f1ea to \U0001f1eb\U0001f1f7 by "
              "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074"
              "\U000e007f."},
    {"skins", "\U0001f44b\U0001f3fd hello \U0001f44d\U0001f3ff"},
    {"Persian", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 "
                "\u06a9\u062a\u0627\u0628\u200c\u0647\u0627 \u0631\u0627 "
                "\u0628\u0628\u06cc\u0646\u0645."},
    {"Hindi", "\u0915\u094d\u200d\u0937 \u0914\u0930 "
              "\u0928\u092e\u0938\u094d\u0924\u0947 "
              "\u0926\u0941\u0928\u093f\u092f\u093e"},
    {"Arabic with marks", "\u0628\u0650\u0633\u0652\u0645\u0650 "
                          "\u0627\u0644\u0644\u0651\u064e\u0647\u0650"},
    {"Hebrew with marks", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd "
                          "\u200f\u05dc\u05db\u05d5\u05dc\u05dd"},
    {"Vietnamese", "T\u00f4i mu\u1ed1n \u0111\u1eb7t m\u1ed9t b\u00e0n cho hai "
                   "ng\u01b0\u1eddi v\u00e0o t\u1ed1i nay."},
    {"French", "Qu\u2019est-ce que c\u2019est\u00a0? Il co\u00fbte "
               "12\u202f500\u00a0\u20ac\u00a0: \u00ab\u00a0cher\u00a0\u00bb."},
    {"German", "Die Stra\u00dfe ist gro\u00df, die Ma\u00dfe sind mit\u00adge"
               "\u00adz\u00e4hlt."},
    {"Turkish", "I\u015f\u0131k \u0130stanbul\u2019da k\u0131sa s\u00fcrer."},
    {"Greek", "\u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 "
              "\u03ba\u03cc\u03c3\u03bc\u03b5"},
    {"Russian", "\u041c\u044b \u0441\u043a\u0430\u0437\u0430\u043b\u0438, "
                "\u0447\u0442\u043e \u0440\u0435\u0441\u0443\u0440\u0441 "
                "\u0435\u0441\u0442\u044c."},
    {"Chinese", "\u4f60\u597d\uff0c\u4e16\u754c\uff01\uff08\u7b2c\uff11"
                "\u7248\uff09"},
    {"Japanese", "\uff76\uff85\u3067\u66f8\u304f\u3068\u304d\u306f"
                 "\u3001\u534a\u89d2\u3082\u53ef\u3002"},
    {"Korean", "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc785\ub2c8\ub2e4."},
    {"Thai", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a"},
    {"bold mathematics", "Let \U0001d417 = \U0001d400\U0001d401 with "
                         "\U0001d465 \u2208 \u211d and \u221a2 \u2248 1.41."},
    {"spaced", "W E L C O M E   to the  s h o p"},
    {"leet", "l33t sp34k was us3d by hack3rs, and h4x0r is a w0rd"},
    {"letters", "Options: a, b, c, d, e, f, g or h; v - w - x - y - z."},
    {"minified",
     "!function(e,t){\"object\"==typeof exports?module.exports=t():e.x=t()}"
     "(this,function(){var n=\"\\u003cdiv\\u003e\",r=/[\\u4e00-\\u9fff\\x20]+/"
     ";return n+r.source+\"%20%2F%3D%26\"});"},
    {"lock file",
     "\"lodash@^4.17.21\":\n  version \"4.17.21\"\n  resolved \"https://"
     "registry.example/lodash.tgz#679591c564c3bffaae8454cf0b3df370c3d6911c\"\n"
     "  integrity "
     "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVx"
     "VjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="},
    {"identifiers", "Commit 3f786850e387550fdab836ed7e6dc881de23001b for "
                    "550e8400-e29b-41d4-a716-446655440000, md5 "
                    "d41d8cd98f00b204e9800998ecf8427e."},
    {"hex dump", "00000000  7f 45 4c 46 02 01 01 00  00 00 00 00 00 00 00 00\n"
                 "00000010  03 00 3e 00 01 00 00 00  50 10 00 00 00 00 00 00"},
    {"a picture",
     "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADU"
     "lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="},
    {"greeting in base64",
     "The header is Authorization: and then SGVsbG8sIHRoaXMgaXMganVzdCBhIGdy"
     "ZWV0aW5nIGZyb20gdGhlIGRvY3MuLg== as text."},
    {"URL", "https://shop.example/search?q=caf%C3%A9%20cr%C3%A8me&page=2&utm_"
            "source=news%2Dletter#top%20of%20page"},
    {"HTML", "<p>Fish &amp; chips &lt;now&gt; cost &pound;5 &#8211; or &#x20AC;"
             "6&nbsp;each</p>"},
    {"mail", "Content-Transfer-Encoding: quoted-printable\n\nCaf=C3=A9 cr=C3=A8"
             "me br=C3=BBl=C3=A9e =\nis good."},
    {"about attacks",
     "People hide text with U+200B, with tag characters, in base64 or ROT13; "
     "look-alikes such as \u0430 (Cyrillic) for a are common, too."},
    {"control", "\x1b[1mbold\x1b[0m and \x1b[32mgreen\x1b[0m"},
    {"byte order mark", "\ufeff{\"a\": 1}"},
};

static void test_harmless(void)
{
    struct buf bytes;
    struct image img;
    struct rules *rs;
    struct scratch *sc;
    struct findings f;
    size_t viewed = 0;

    findings_init(&f);
    if (!compiled("rules/default.yaml", &bytes, &img) ||
        rules_load(img.rules, false, &rs) || scratch_new(&sc))
        exit(1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (unsigned role = 0; role < ROLE_COUNT; role++) {
            struct scope at = {.dir = DIR_SEND, .role = (enum role)role};
            struct str text = str_of(rows[i].text);

            CHECK_ROW(rows[i].row);
            findings_clear(&f);
            CHECK(rules_scan(rs, sc, &at, text, 0, &f) == OK);
            for (size_t k = 0; k < f.count; k++)
                if (!CHECK(f.count == 0))
                    fprintf(stderr, "    %.*s\n", (int)f.list[k].rule->id.len,
                            f.list[k].rule->id.ptr);
            viewed += classes_of(text) != 0;
        }
    CHECK_ROW(NULL);
    CHECK(viewed > ARRAY_LEN(rows)); /* most have a view that differs */
    rules_free(rs);
    scratch_free(sc);
    findings_free(&f);
    buf_free(&bytes);
}

int main(void)
{
    RUN(test_harmless);
    return check_done();
}
