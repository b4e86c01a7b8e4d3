#include "wire/field.h"

/* tchar of RFC 9110, section 5.6.2 */
static const bool tchars[256] = {
    ['!'] = true,  ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true,
    ['\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
    ['^'] = true,  ['_'] = true, ['`'] = true, ['|'] = true, ['~'] = true,
    ['0'] = true,  ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true,
    ['5'] = true,  ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true,
    ['A'] = true,  ['B'] = true, ['C'] = true, ['D'] = true, ['E'] = true,
    ['F'] = true,  ['G'] = true, ['H'] = true, ['I'] = true, ['J'] = true,
    ['K'] = true,  ['L'] = true, ['M'] = true, ['N'] = true, ['O'] = true,
    ['P'] = true,  ['Q'] = true, ['R'] = true, ['S'] = true, ['T'] = true,
    ['U'] = true,  ['V'] = true, ['W'] = true, ['X'] = true, ['Y'] = true,
    ['Z'] = true,  ['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true,
    ['e'] = true,  ['f'] = true, ['g'] = true, ['h'] = true, ['i'] = true,
    ['j'] = true,  ['k'] = true, ['l'] = true, ['m'] = true, ['n'] = true,
    ['o'] = true,  ['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true,
    ['t'] = true,  ['u'] = true, ['v'] = true, ['w'] = true, ['x'] = true,
    ['y'] = true,  ['z'] = true,
};

static bool is_tchar(char c)
{
    return tchars[(unsigned char)c];
}

bool http_is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_tchar(s.ptr[i]))
            return false;
    return s.len > 0;
}

static enum err refuse(enum err e, const char *why, bool severe,
                       struct http_fault *reterr_fault)
{
    *reterr_fault = (struct http_fault){why, severe};
    return e;
}

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/*
 * Whether a word has a byte that could be a control byte: below 0x20, or DEL.
 * Exact up to the first such byte, and only "is there one" is asked. The
 * subtraction marks bytes below n; bytes above 127 are masked out.
 */
static bool word_has_control(uint64_t w)
{
    uint64_t del = w ^ ONES * 0x7f;

    return (((w - ONES * 0x20) & ~w) | ((del - ONES) & ~del)) & HIGHS;
}

static bool is_control(char c)
{
    unsigned char u = (unsigned char)c;

    return (u < 0x20 && u != '\t') || u == 0x7f;
}

static bool has_control_at(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word_has_control(word);
}

/*
 * The offset of the first control byte but HTAB, or s.len. Eight bytes a step;
 * the last step goes back to have eight.
 */
static size_t find_control(struct str s)
{
    size_t i = 0;

    while (s.len - i >= 8 && !has_control_at(s.ptr + i))
        i += 8;
    if (s.len >= 8 && s.len - i < 8 && !has_control_at(s.ptr + s.len - 8))
        return s.len;
    for (; i < s.len; i++)
        if (is_control(s.ptr[i]))
            return i;
    return s.len;
}

enum err http_line_end(struct str line, struct str *ret_line,
                       struct http_fault *reterr_fault)
{
    struct str s = str_head(line, line.len - 1);
    bool cr = s.len > 0 && s.ptr[s.len - 1] == '\r';
    size_t bad;

    if (cr)
        s.len--;
    bad = find_control(s);
    if (bad < s.len && s.ptr[bad] == '\r')
        return refuse(E_SYNTAX, "CR without LF", true, reterr_fault);
    if (bad < s.len && s.ptr[bad] == '\0')
        return refuse(E_SYNTAX, "NUL byte", true, reterr_fault);
    if (bad < s.len)
        return refuse(E_SYNTAX, "control byte", true, reterr_fault);
    if (!cr)
        return refuse(E_AMBIGUOUS, "line ends in LF without CR", false,
                      reterr_fault);
    *ret_line = s;
    return OK;
}

enum err http_field_parse(struct str line, struct str *ret_name,
                          struct str *ret_value,
                          struct http_fault *reterr_fault)
{
    size_t i = 0;

    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return refuse(E_SYNTAX, "field line begins with white space (folding)",
                      false, reterr_fault);
    while (i < line.len && is_tchar(line.ptr[i]))
        i++;
    if (i == 0)
        return refuse(E_SYNTAX, "field line without a name", false,
                      reterr_fault);
    if (i == line.len)
        return refuse(E_SYNTAX, "field line without a colon", false,
                      reterr_fault);
    if (line.ptr[i] == ' ' || line.ptr[i] == '\t')
        return refuse(E_SYNTAX, "white space in or after a field name", false,
                      reterr_fault);
    if (line.ptr[i] != ':')
        return refuse(E_SYNTAX, "field name is no token", false, reterr_fault);
    *ret_name = str_head(line, i);
    *ret_value = str_trim(str_skip(line, i + 1));
    return OK;
}
