#include "cli/wrapper.h"

#include <string.h>

/* A word in quotes, or up to a blank; false where a part of it is quoted. */
static bool plain_word(struct str line, struct str *ret_word)
{
    size_t n = 0;

    if (line.len > 0 && (line.ptr[0] == '"' || line.ptr[0] == '\'')) {
        struct str rest = str_skip(line, 1);

        n = str_find_byte(rest, line.ptr[0]);
        *ret_word = str_head(rest, n);
        rest = str_skip(rest, n + 1);
        return rest.len == 0 || strchr(" \t;", rest.ptr[0]) != NULL;
    }
    while (n < line.len && strchr(" \t;", line.ptr[n]) == NULL)
        n++;
    *ret_word = str_head(line, n);
    return true;
}

static bool spells_out(struct str word)
{
    if (word.len == 0 || word.ptr[0] == '-' || str_eq(word, STR("env")) ||
        str_ends(word, STR("/env")))
        return false;
    for (size_t i = 0; i < word.len; i++)
        if (strchr("$`\"'\\*?[{~&|<>()", word.ptr[i]) != NULL)
            return false;
    return true;
}

/* exec 3>file, exec <&-: the shell goes on. */
static bool redirects(struct str word)
{
    while (word.len > 0 && word.ptr[0] >= '0' && word.ptr[0] <= '9')
        word = str_skip(word, 1);
    return word.len == 0 || word.ptr[0] == '<' || word.ptr[0] == '>';
}

bool wrapper_next(struct str *script, struct str *ret_name)
{
    while (script->len > 0) {
        struct str line = str_trim(str_split(script, '\n')), word;
        bool plain;

        if (!str_starts(line, STR("exec ")) && !str_starts(line, STR("exec\t")))
            continue;
        plain = plain_word(str_trim(str_skip(line, 5)), &word);
        if (redirects(word))
            continue;
        *ret_name = plain && spells_out(word) ? word : STR("");
        return true;
    }
    return false;
}
