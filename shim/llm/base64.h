#ifndef SP_LLM_BASE64_H
#define SP_LLM_BASE64_H

#include "base/str.h"

/*
 * is_media - the text is a file in base64, and nothing else: a data URL
 * (RFC 2397) of any media type, or at least 64 characters of base64 (RFC 4648,
 * section 4), their number a multiple of four. Every character is looked at. Of
 * the alphabet of section 5, which python-genai writes, it is text in base64.
 */
bool is_media(struct str text);

/*
 * is_plain_media - the same where nothing is decoded: of a media type whose
 * content is no text, with nothing said beside it, and not text all the same.
 */
bool is_plain_media(struct str text);

/* is_text_bytes - no byte that text does not have. */
bool is_text_bytes(struct str s);

/* begins_as_text - what the first 64 characters of base64 stand for is text. */
bool begins_as_text(struct str coded);

/*
 * is_media_type - a media type, without its parameters, whose content is no
 * text: pictures, sound, film, fonts, binary documents.
 */
bool is_media_type(struct str type);

#endif
