#include "compile/pattern.h"

void pattern_put(struct pattern *p, struct str s)
{
    if (s.len > sizeof(p->text) - p->len) {
        p->full = true;
        return;
    }
    if (s.len > 0)
        memcpy(p->text + p->len, s.ptr, s.len);
    p->len += s.len;
}

void pattern_quote(struct pattern *p, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (strchr("\\[](){}.*+?|^$", s.ptr[i]) != NULL)
            pattern_put(p, STR("\\"));
        pattern_put(p, str_head(str_skip(s, i), 1));
    }
}

void pattern_spaced(struct pattern *p, struct str s, struct str blank)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == ' ')
            pattern_put(p, blank);
        else
            pattern_quote(p, str_head(str_skip(s, i), 1));
}

void pattern_number(struct pattern *p, uint32_t n)
{
    char digits[10];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    pattern_put(p, (struct str){digits + at, sizeof(digits) - at});
}

bool pattern_take(const struct pattern *p, struct reader *r,
                  const struct yaml_node *n, struct str *ret_pattern)
{
    char *copy;

    if (p->full)
        return read_refuse(r, n, "the pattern becomes too long (at most %d)",
                           LIM_PATTERN);
    if ((copy = read_take(r, p->len + 1)) == NULL)
        return false;
    memcpy(copy, p->text, p->len);
    *ret_pattern = (struct str){copy, p->len};
    return true;
}
