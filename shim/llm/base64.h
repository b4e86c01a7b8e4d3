#ifndef SP_LLM_BASE64_H
#define SP_LLM_BASE64_H

#include "base/str.h"

/*
 * is_media - the text is a file in base64, and nothing else: a data URL
 * (RFC 2397) of any media type, or at least 64 characters of base64 (RFC 4648,
 * section 4), their number a multiple of four. Every character is looked at.
 */
bool is_media(struct str text);

/*
 * is_media_type - a media type, without its parameters, whose content is no
 * text: pictures, sound, film, fonts, binary documents.
 */
bool is_media_type(struct str type);

#endif
