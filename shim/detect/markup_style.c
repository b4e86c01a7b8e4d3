#include "detect/markup_style.h"

#include "base/wide.h"

/* The next of "name: value;". */
static struct str next_style(struct str *rest, struct str *ret_name)
{
    struct str one = str_head(*rest, str_find_byte(*rest, ';'));
    size_t colon = str_find_byte(one, ':');

    *rest = str_skip(*rest, one.len + 1);
    *ret_name = str_trim(str_head(one, colon));
    return str_trim(str_skip(one, colon < one.len ? colon + 1 : colon));
}

/* 0, 0px, 0.0em, 0% and what is as good as that: up to 1px. */
bool style_is_nothing(struct str v)
{
    bool zero = true;
    size_t i = 0, digits = 0;

    for (; i < v.len && (is_digit(v.ptr[i]) || v.ptr[i] == '.'); i++) {
        zero &= v.ptr[i] == '0' || v.ptr[i] == '.';
        digits += v.ptr[i] != '.';
    }
    if (digits == 0)
        return false;
    if (zero)
        return true;
    return str_eq_nocase(str_head(str_skip(v, i), 2), STR("px")) &&
           (v.ptr[0] == '0' || v.ptr[0] == '.' || (i == 1 && v.ptr[0] == '1'));
}

/* At least three digits behind a minus. */
static bool is_far(struct str v)
{
    size_t i = 1;

    if (v.len < 4 || v.ptr[0] != '-')
        return false;
    while (i < v.len && is_digit(v.ptr[i]))
        i++;
    return i >= 4;
}

bool style_is_white(struct str v)
{
    static const struct str whites[] = {
        STR_INIT("white"), STR_INIT("#fff"), STR_INIT("#ffffff"),
        STR_INIT("rgb(255,255,255)"), STR_INIT("rgb(255, 255, 255)")};

    return is_among(v, whites, ARRAY_LEN(whites));
}

static bool is_off(struct str name, struct str v)
{
    static const struct str sides[] = {
        STR_INIT("left"),        STR_INIT("top"),
        STR_INIT("right"),       STR_INIT("bottom"),
        STR_INIT("text-indent"), STR_INIT("margin-left"),
        STR_INIT("margin-top"),
    };

    if (is_among(name, sides, ARRAY_LEN(sides)))
        return is_far(v);
    if (str_eq_nocase(name, STR("clip")))
        return str_starts_nocase(v, STR("rect(0")) ||
               str_starts_nocase(v, STR("rect(1px"));
    if (str_eq_nocase(name, STR("clip-path")))
        return str_starts_nocase(v, STR("inset(50%")) ||
               str_starts_nocase(v, STR("inset(100%")) ||
               str_starts_nocase(v, STR("circle(0"));
    return str_eq_nocase(name, STR("transform")) &&
           str_starts_nocase(v, STR("scale(0")) && v.len > 7 && v.ptr[7] != '.';
}

static bool is_not_shown(struct str name, struct str v)
{
    if (str_eq_nocase(name, STR("display")))
        return str_starts_nocase(v, STR("none"));
    if (str_eq_nocase(name, STR("visibility")))
        return str_starts_nocase(v, STR("hidden")) ||
               str_starts_nocase(v, STR("collapse"));
    if (str_eq_nocase(name, STR("font-size")) ||
        str_eq_nocase(name, STR("max-height")) ||
        str_eq_nocase(name, STR("max-width")))
        return style_is_nothing(v);
    if (str_eq_nocase(name, STR("opacity")))
        return style_is_nothing(v) && !(v.len > 2 && v.ptr[v.len - 1] != '0');
    return is_off(name, v);
}

/* Does this style, as an attribute has it, show nothing? */
bool style_hides(struct str style)
{
    struct str name, value, colour = {0}, ground = {0};
    bool small = false, cut = false;

    while (style.len > 0) {
        value = next_style(&style, &name);
        /* "none !important" begins with what counts. */
        if (is_not_shown(name, value))
            return true;
        if (str_eq_nocase(name, STR("width")) ||
            str_eq_nocase(name, STR("height")))
            small |= style_is_nothing(value);
        if (str_eq_nocase(name, STR("overflow")))
            cut |= str_starts_nocase(value, STR("hidden"));
        if (str_eq_nocase(name, STR("color")))
            colour = value;
        if (str_eq_nocase(name, STR("background")) ||
            str_eq_nocase(name, STR("background-color")))
            ground = value;
    }
    if (small && cut)
        return true;
    if (str_starts_nocase(colour, STR("transparent")))
        return true;
    return colour.len > 0 && (ground.len > 0 ? str_eq_nocase(colour, ground)
                                             : style_is_white(colour));
}

bool class_hides(struct str classes)
{
    static const struct str names[] = {STR_INIT("hidden"),
                                       STR_INIT("hide"),
                                       STR_INIT("invisible"),
                                       STR_INIT("sr-only"),
                                       STR_INIT("visually-hidden"),
                                       STR_INIT("d-none"),
                                       STR_INIT("screen-reader-text")};

    while (classes.len > 0)
        if (is_among(str_split(&classes, ' '), names, ARRAY_LEN(names)))
            return true;
    return false;
}

/* --- Attributes. */

/* The first of < > = from `at` on; text.len if there is none, or two letters
 * are before it that "hidden" has. */
static size_t sign_next(struct str text, size_t at)
{
    for (; at + WIDE < text.len; at += WIDE) {
        wide v = wide_at(text.ptr + at), next = wide_at(text.ptr + at + 1);
        unsigned signs = wide_mask((wide)((wide)(v - '<') < 3));
        unsigned hidden =
            wide_mask((wide)(((v | 0x20) == 'd') & ((next | 0x20) == 'd')));

        if ((hidden & (signs - 1)) != 0) /* before the first, if any */
            break;
        if (signs != 0)
            return at + (size_t)__builtin_ctz(signs);
    }
    return text.len;
}

/* Does the byte end a name of an attribute whose value matters? */
static bool ends_telling(char c)
{
    return memchr("elnrsty", to_lower(c), 7) != NULL;
}

/* Of a = with a name before it, or a mark: where the value ends. `at` if that
 * may tell, or is not that simple; \n of a string of JSON is no name. */
static size_t value_past(struct str text, size_t at)
{
    char before = text.ptr[at - 1], next = text.ptr[at + 1];
    size_t end = at + 1;

    if ((unsigned char)before <= ' ' || ends_telling(before) ||
        is_white(next) || strchr("\"'\\", next) != NULL ||
        text.ptr[at - 2] == '\\')
        return at;
    if (strchr("/=\"'\\", before) != NULL)
        return end;
    while (end < text.len && !is_white(text.ptr[end]) && text.ptr[end] != '>')
        end++;
    return end < text.len ? end : at;
}

size_t attributes_end(struct str text, size_t at)
{
    size_t from = at, sign, end;

    while ((sign = sign_next(text, from)) < text.len) {
        if (text.ptr[sign] != '=')
            return sign;
        if (sign == at) { /* that is the element's name before it */
            from = sign + 1;
            continue;
        }
        if ((end = value_past(text, sign)) == sign)
            break;
        from = end;
    }
    return at;
}
