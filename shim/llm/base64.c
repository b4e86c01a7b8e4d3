#include "llm/base64.h"

#include "base/utf8.h"
#include "detect/base64.h"

#define BARE_MIN 64
#define HEAD     24 /* of a data URL: a media type, a parameter */
#define FIRST    64 /* characters of base64 that tell most files from text */

bool is_text_bytes(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if ((c < ' ' && strchr("\t\n\f\r", c) == NULL) || c == 0x7f || c == 0)
            return false;
    }
    return true;
}

bool begins_as_text(struct str coded)
{
    char first[FIRST];
    struct str text = {first, 0};

    if (!base64_decode(str_head(coded, FIRST), first, sizeof(first), &text.len))
        return false;
    text.len -= utf8_tail(text); /* the cut may go through a character */
    return is_text_bytes(text) && utf8_valid(text);
}

/*
 * Of either alphabet. A key may be of the letters of the second one too, and
 * must not be let by as media: that alphabet is taken for text alone.
 */
static bool is_base64(struct str s)
{
    bool second = false;
    size_t i = 0;

    for (; i < s.len; i++) {
        char c = s.ptr[i], l = (char)(c | 0x20);

        second |= c == '-' || c == '_';
        if (!(l >= 'a' && l <= 'z') && !is_digit(c) && c != '+' && c != '/' &&
            c != '-' && c != '_')
            break;
    }
    if (i < s.len && s.ptr[i] == '=')
        i++;
    if (i < s.len && s.ptr[i] == '=')
        i++;
    return i == s.len && (!second || begins_as_text(s));
}

/* Types whose content is no text; that of image/svg+xml is. */
bool is_media_type(struct str type)
{
    static const struct str binary[] = {
        STR_INIT("image/"),           STR_INIT("audio/"),
        STR_INIT("video/"),           STR_INIT("font/"),
        STR_INIT("application/pdf"),  STR_INIT("application/octet-stream"),
        STR_INIT("application/zip"),  STR_INIT("application/msword"),
        STR_INIT("application/vnd."),
    };

    if (str_ends(type, STR("+xml")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(binary); i++)
        if (str_starts(type, binary[i]))
            return true;
    return false;
}

bool is_media(struct str text)
{
    struct str head;
    size_t comma;

    if (!str_starts(text, STR("data:")))
        return text.len >= BARE_MIN && text.len % 4 == 0 && is_base64(text);
    head = str_head(str_skip(text, 5), 256);
    comma = str_find_byte(head, ',');
    if (comma == head.len)
        return false;
    head = str_head(head, comma);
    return str_ends(head, STR(";base64")) &&
           is_base64(str_skip(text, 5 + comma + 1));
}

bool is_plain_media(struct str text)
{
    struct str head, type, coded = text;

    if (!is_media(text))
        return false;
    if (str_starts(text, STR("data:"))) {
        head = coded = str_skip(text, 5);
        head = str_split(&coded, ',');
        type = str_head(head, str_find_byte(head, ';'));
        if (head.len > HEAD || !is_media_type(type))
            return false;
    }
    return !begins_as_text(coded);
}
