#ifndef SP_DETECT_PLACEHOLDER_H
#define SP_DETECT_PLACEHOLDER_H

#include "base/str.h"

/*
 * is_placeholder - is this a value that stands for one, as in manuals: a word
 * like EXAMPLE or your-key-here, xxxx, ***, <token>, ${TOKEN}, {{token}},
 * one repeated character, or an ascending run such as 0123456789 or abcdefgh
 * that makes up most of it?
 */
bool is_placeholder(struct str value);

#endif
