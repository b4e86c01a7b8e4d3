#ifndef SP_DETECT_VALIDATE_H
#define SP_DETECT_VALIDATE_H

#include "base/str.h"

/*
 * Second opinions on what a pattern matched: checksums, lengths, structure. A
 * validator sees the finding alone and says whether it can be what it looks
 * like. Names are as in rule files ("luhn", "github-crc").
 */
enum validator {
    VALID_NONE,
    VALID_LUHN,       /* payment card: brand prefix, its lengths, Luhn      */
    VALID_IBAN,       /* ISO 13616: length of the country, mod 97           */
    VALID_SSN,        /* US: area, group and serial in range, no sample     */
    VALID_PHONE,      /* E.164 or North American plan: 10-15 digits, shape  */
    VALID_JWT,        /* RFC 7515: header decodes to an object with "alg"   */
    VALID_GITHUB_CRC, /* prefix_ + 30 + CRC-32 of these in base62; npm too  */
    VALID_EMAIL,      /* label lengths of RFC 1035, a top label of letters  */
    VALID_PEM,        /* RFC 7468: BEGIN and END agree, body is base64      */
    VALID_ABA,        /* US routing number: prefix, weighted mod 10         */
    VALID_LUHN_ANY,   /* Luhn over the digits alone                         */
    VALID_BASE58,     /* base58check of a Bitcoin address or key            */
    VALID_COUNT,
};

/* validator_from - by name; false, and nothing set, for a name that is none. */
bool validator_from(struct str name, enum validator *ret_v);
struct str validator_name(enum validator v);

/* validate - can value be one? VALID_NONE says yes to everything. */
bool validate(enum validator v, struct str value);

#endif
