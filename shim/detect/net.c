#include "detect/net.h"

static int hex_digit(char c)
{
    c = to_lower(c);
    if (is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* --- Addresses. */

/* Four numbers of up to three digits. */
static bool v4_read(struct str s, unsigned char out[4])
{
    for (size_t i = 0; i < 4; i++) {
        struct str part = str_split(&s, '.');
        unsigned v = 0;

        if (part.len == 0 || part.len > 3 ||
            (part.len > 1 && part.ptr[0] == '0') || (s.ptr == NULL) != (i == 3))
            return false;
        for (size_t k = 0; k < part.len; k++) {
            if (!is_digit(part.ptr[k]))
                return false;
            v = v * 10 + (unsigned)(part.ptr[k] - '0');
        }
        if (v > 255)
            return false;
        out[i] = (unsigned char)v;
    }
    return true;
}

/* A group of hex digits, two bytes. */
static bool group_read(struct str s, unsigned char out[2])
{
    unsigned v = 0;

    if (s.len == 0 || s.len > 4)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (hex_digit(s.ptr[i]) < 0)
            return false;
        v = v << 4 | (unsigned)hex_digit(s.ptr[i]);
    }
    out[0] = (unsigned char)(v >> 8);
    out[1] = (unsigned char)v;
    return true;
}

/* Groups, the last of which may be an IPv4 address; false over 16 bytes. */
static bool groups_read(struct str s, unsigned char out[16], size_t *ret_n)
{
    size_t n = 0;

    while (s.ptr != NULL && s.len != 0) {
        struct str part = str_split(&s, ':');

        if (s.ptr == NULL && n + 4 <= 16 && v4_read(part, out + n)) {
            n += 4;
        } else {
            if (n == 16 || !group_read(part, out + n))
                return false;
            n += 2;
        }
        if (s.ptr != NULL && s.len == 0)
            return false; /* a colon at the end */
    }
    *ret_n = n;
    return true;
}

static bool v6_read(struct str s, unsigned char out[16])
{
    size_t gap = str_find(s, STR("::")), head = 0, tail = 0;
    unsigned char end[16];

    if (gap == s.len)
        return groups_read(s, out, &head) && head == 16;
    if (!groups_read(str_head(s, gap), out, &head) ||
        !groups_read(str_skip(s, gap + 2), end, &tail) || head + tail > 14)
        return false;
    memset(out + head, 0, 16 - head - tail);
    memcpy(out + 16 - tail, end, tail);
    return true;
}

struct address {
    unsigned char bytes[16];
    bool v6;
};

static bool is_zone(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.ptr[i]) &&
            (to_lower(s.ptr[i]) < 'a' || to_lower(s.ptr[i]) > 'z') &&
            strchr("._-", s.ptr[i]) == NULL)
            return false;
    return s.len != 0;
}

static bool address_read(struct str s, struct address *a)
{
    size_t slash = str_find_byte(s, '/');
    struct str prefix = str_skip(s, slash + 1), zone;
    uint64_t bits;

    if (slash < s.len && (str_u64(prefix, &bits) || prefix.len > 3))
        return false;
    a->v6 = str_find_byte(s, ':') < s.len;
    if (slash < s.len && bits > (a->v6 ? 128 : 32))
        return false;
    s = str_head(s, slash);
    zone = str_skip(s, str_find_byte(s, '%') + 1);
    if (str_find_byte(s, '%') < s.len && (!a->v6 || !is_zone(zone)))
        return false;
    s = str_head(s, str_find_byte(s, '%'));
    return a->v6 ? v6_read(s, a->bytes) : v4_read(s, a->bytes);
}

bool ip_ok(struct str s)
{
    struct address a;

    return address_read(s, &a);
}

/* Networks that belong to nobody in particular. */
static const struct net {
    unsigned char bytes[8];
    unsigned bits;
} nets4[] =
    {
        {{0}, 8},
        {{10}, 8},
        {{100, 64}, 10},
        {{127}, 8},
        {{169, 254}, 16},
        {{172, 16}, 12},
        {{192, 0, 0}, 24},
        {{192, 0, 2}, 24},
        {{192, 88, 99}, 24},
        {{192, 168}, 16},
        {{198, 18}, 15},
        {{198, 51, 100}, 24},
        {{203, 0, 113}, 24},
        {{224}, 4},
        {{240}, 4},
},
  nets6[] = {
      {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
      {{0x3f, 0xff}, 20},             /* documentation */
      {{0x20, 0x01, 0, 2}, 48},       /* benchmarks */
      {{0x20, 0x01, 0, 0x10}, 28},    /* ORCHID */
      {{0x20, 0x01, 0, 0x20}, 28},    /* ORCHIDv2 */
};

static bool in_net(const unsigned char *p, const struct net *net)
{
    for (unsigned i = 0; i < net->bits; i++)
        if (((p[i / 8] ^ net->bytes[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

static bool v4_public(const unsigned char *p)
{
    for (size_t i = 0; i < ARRAY_LEN(nets4); i++)
        if (in_net(p, &nets4[i]))
            return false;
    return true;
}

bool ip_public_ok(struct str s)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct address a;

    if (!address_read(s, &a))
        return false;
    if (!a.v6)
        return v4_public(a.bytes);
    if (!memcmp(a.bytes, mapped, 12))
        return v4_public(a.bytes + 12);
    if ((a.bytes[0] & 0xe0) != 0x20) /* only 2000::/3 is given out */
        return false;
    for (size_t i = 0; i < ARRAY_LEN(nets6); i++)
        if (in_net(a.bytes, &nets6[i]))
            return false;
    return true;
}

/* --- MAC addresses. */

bool mac_ok(struct str s)
{
    char mark = s.len == 14 ? '.' : s.len == 17 ? s.ptr[2] : 0;
    size_t width = mark == '.' ? 4 : 2;
    size_t zeros = 0, ones = 0;

    if (mark == 0 || (s.len == 17 && mark != ':' && mark != '-'))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (i % (width + 1) == width) {
            if (s.ptr[i] != mark)
                return false;
            continue;
        }
        if (hex_digit(s.ptr[i]) < 0)
            return false;
        zeros += s.ptr[i] == '0';
        ones += to_lower(s.ptr[i]) == 'f';
    }
    return zeros != 12 && ones != 12;
}
