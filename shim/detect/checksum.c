#include "detect/checksum.h"

#include <sodium/crypto_hash_sha256.h>

/* Country and length, as in the registry of ISO 13616. */
static const char iban_lengths[][5] = {
    "AD24", "AE23", "AL28", "AT20", "AZ28", "BA20", "BE16", "BG22", "BH22",
    "BI27", "BR29", "BY28", "CH21", "CR22", "CY28", "CZ24", "DE22", "DJ27",
    "DK18", "DO28", "EE20", "EG29", "ES24", "FI18", "FK18", "FO18", "FR27",
    "GB22", "GE22", "GI23", "GL18", "GR27", "GT28", "HN28", "HR21", "HU28",
    "IE22", "IL23", "IQ23", "IS26", "IT27", "JO30", "KW30", "KZ20", "LB28",
    "LC32", "LI21", "LT20", "LU20", "LV21", "LY25", "MC27", "MD24", "ME22",
    "MK19", "MN20", "MR27", "MT31", "MU30", "NI28", "NL18", "NO15", "OM23",
    "PK24", "PL28", "PS29", "PT25", "QA29", "RO24", "RS22", "RU33", "SA24",
    "SC31", "SD18", "SE24", "SI19", "SK24", "SM27", "SO23", "ST25", "SV28",
    "TL23", "TN24", "TR26", "UA29", "VA22", "VG24", "XK20", "YE30",
};

static size_t iban_length(const char *s)
{
    for (size_t i = 0; i < ARRAY_LEN(iban_lengths); i++)
        if (!memcmp(iban_lengths[i], s, 2))
            return (size_t)(iban_lengths[i][2] - '0') * 10 +
                   (size_t)(iban_lengths[i][3] - '0');
    return 0;
}

bool iban_ok(struct str s)
{
    char c[34];
    unsigned rest = 0;
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++) {
        char lower = to_lower(s.ptr[i]);

        if (lower == ' ' || lower == '-')
            continue;
        if (n == sizeof(c) ||
            (!is_digit(lower) && (lower < 'a' || lower > 'z')))
            return false;
        c[n++] = is_digit(lower) ? lower : (char)(lower - 'a' + 'A');
    }
    if (n < 15 || iban_length(c) != n || !is_digit(c[2]) || !is_digit(c[3]))
        return false;
    for (size_t i = 0; i < n; i++) { /* the first four go to the end */
        char at = c[(i + 4) % n];

        rest = is_digit(at) ? rest * 10 + (unsigned)(at - '0')
                            : rest * 100 + (unsigned)(at - 'A') + 10;
        rest %= 97;
    }
    return rest == 1;
}

#define BASE58_BYTES 38 /* version, 33 bytes, 4 of the sum */

/* The number that s writes in base 58, in exactly *ret_n bytes. */
static bool base58_bytes(struct str s, unsigned char out[BASE58_BYTES],
                         size_t *ret_n)
{
    static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
                                 "abcdefghijkmnopqrstuvwxyz";
    size_t n = 0, zeros = 0;

    while (zeros < s.len && s.ptr[zeros] == '1')
        zeros++;
    for (size_t i = 0; i < s.len; i++) { /* out is least byte first */
        const char *at = s.ptr[i] == 0 ? NULL : strchr(digits, s.ptr[i]);
        unsigned carry;

        if (at == NULL)
            return false;
        carry = (unsigned)(at - digits);
        for (size_t j = 0; j < n; j++) {
            carry += out[j] * 58u;
            out[j] = (unsigned char)(carry & 0xff);
            carry >>= 8;
        }
        if (carry != 0) {
            if (n == BASE58_BYTES)
                return false;
            out[n++] = (unsigned char)carry;
        }
    }
    for (; zeros > 0; zeros--) {
        if (n == BASE58_BYTES)
            return false;
        out[n++] = 0;
    }
    for (size_t i = 0; i < n / 2; i++) {
        unsigned char keep = out[i];

        out[i] = out[n - 1 - i];
        out[n - 1 - i] = keep;
    }
    *ret_n = n;
    return true;
}

bool base58check_ok(struct str s)
{
    unsigned char bytes[BASE58_BYTES], hash[crypto_hash_sha256_BYTES];
    size_t n;

    if (s.len < 25 || s.len > 52 || !base58_bytes(s, bytes, &n) ||
        (n != 25 && n != 37 && n != 38))
        return false;
    crypto_hash_sha256(hash, bytes, n - 4);
    crypto_hash_sha256(hash, hash, sizeof(hash));
    return !memcmp(hash, bytes + n - 4, 4);
}
