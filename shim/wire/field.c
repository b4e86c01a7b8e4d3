#include "wire/field.h"

/* tchar of RFC 9110, section 5.6.2: one bit for each byte below 128. */
static const uint32_t tchars[4] = {0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff};

static bool is_tchar(char c)
{
    unsigned char u = (unsigned char)c;

    return u < 128 && (tchars[u >> 5] >> (u & 31) & 1);
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

/* The offset of the first control byte but HTAB, or s.len. */
static size_t find_control(struct str s)
{
    size_t i = 0;

    while (i < s.len) {
        uint64_t word;

        if (i + 8 <= s.len) {
            memcpy(&word, s.ptr + i, 8);
            if (!word_has_control(word)) {
                i += 8;
                continue;
            }
        }
        for (size_t end = i + 8; i < s.len && i < end; i++)
            if (is_control(s.ptr[i]))
                return i;
    }
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
