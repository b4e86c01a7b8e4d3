#include "detect/decode.h"

/* Entities of HTML. */

#define NAME_MOST 14 /* bytes of one of them */

/* Of the HTML standard's 2,231 names those of ASCII, and what hides in text. */
static const struct {
    struct str name;
    uint32_t cp;
} names[] = {
    {STR_INIT("amp"), '&'},
    {STR_INIT("AMP"), '&'},
    {STR_INIT("lt"), '<'},
    {STR_INIT("gt"), '>'},
    {STR_INIT("quot"), '"'},
    {STR_INIT("apos"), '\''},
    {STR_INIT("nbsp"), 0xa0},
    {STR_INIT("shy"), 0xad},
    {STR_INIT("Tab"), '\t'},
    {STR_INIT("NewLine"), '\n'},
    {STR_INIT("excl"), '!'},
    {STR_INIT("num"), '#'},
    {STR_INIT("dollar"), '$'},
    {STR_INIT("percnt"), '%'},
    {STR_INIT("lpar"), '('},
    {STR_INIT("rpar"), ')'},
    {STR_INIT("ast"), '*'},
    {STR_INIT("plus"), '+'},
    {STR_INIT("comma"), ','},
    {STR_INIT("period"), '.'},
    {STR_INIT("sol"), '/'},
    {STR_INIT("colon"), ':'},
    {STR_INIT("semi"), ';'},
    {STR_INIT("equals"), '='},
    {STR_INIT("quest"), '?'},
    {STR_INIT("commat"), '@'},
    {STR_INIT("lsqb"), '['},
    {STR_INIT("bsol"), '\\'},
    {STR_INIT("rsqb"), ']'},
    {STR_INIT("lowbar"), '_'},
    {STR_INIT("lbrace"), '{'},
    {STR_INIT("vert"), '|'},
    {STR_INIT("rbrace"), '}'},
    {STR_INIT("hyphen"), '-'},
    {STR_INIT("dash"), '-'},
    {STR_INIT("ensp"), ' '},
    {STR_INIT("emsp"), ' '},
    {STR_INIT("thinsp"), ' '},
    {STR_INIT("zwnj"), 0x200c},
    {STR_INIT("zwj"), 0x200d},
    {STR_INIT("lrm"), 0x200e},
    {STR_INIT("rlm"), 0x200f},
    {STR_INIT("ZeroWidthSpace"), 0x200b},
};

/* &#65; &#x41; also without the semicolon, as browsers take them, and names. */
size_t entity_char(struct str s, uint32_t *ret_cp)
{
    uint32_t cp = 0;
    size_t n = 2;

    *ret_cp = '&';
    if (s.len < 3)
        return 0;
    if (s.ptr[1] == '#' && (s.ptr[2] == 'x' || s.ptr[2] == 'X')) {
        n = hex_digits(str_skip(s, 3), 8, &cp);
        n = n > 0 ? n + 3 : 0;
    } else if (s.ptr[1] == '#') {
        while (n < s.len && n < 10 && is_digit(s.ptr[n]))
            cp = cp * 10 + (uint32_t)(s.ptr[n++] - '0');
        n = n > 2 ? n : 0;
    } else {
        struct str name = str_skip(s, 1);

        for (n = 0; n < name.len && n <= NAME_MOST && is_alpha(name.ptr[n]);)
            n++;
        name.len = n < name.len && name.ptr[n] == ';' ? n : 0;
        n = 0;
        for (size_t i = 0; name.len > 0 && i < ARRAY_LEN(names); i++)
            if (name.len == names[i].name.len &&
                name.ptr[0] == names[i].name.ptr[0] &&
                str_eq(name, names[i].name)) {
                cp = names[i].cp;
                n = name.len + 1;
                break;
            }
    }
    if (n == 0)
        return 0;
    *ret_cp = cp;
    return n < s.len && s.ptr[n] == ';' ? n + 1 : n;
}
