#include "detect/host.h"

#include "base/utf8.h"

struct name {
    char bytes[HOST_MOST];
    size_t len;
};

static bool put(struct name *n, char c)
{
    if (n->len == HOST_MOST)
        return false;
    n->bytes[n->len++] = c;
    return true;
}

static bool put_percent(struct name *n, struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        int hi = i + 2 < host.len ? hex_value(host.ptr[i + 1]) : -1;
        int lo = hi >= 0 ? hex_value(host.ptr[i + 2]) : -1;
        char c = host.ptr[i];

        if (c == '%' && lo >= 0) {
            c = (char)(hi << 4 | lo);
            i += 2;
        }
        if (!put(n, c))
            return false;
    }
    return true;
}

/* What UTS #46 maps to ASCII, as far as it is written to look like a name. */
static uint32_t plain(uint32_t cp)
{
    if (cp == 0x3002 || cp == 0xff0e || cp == 0xff61)
        return '.';
    if (cp >= 0xff01 && cp <= 0xff5e)
        cp -= 0xfee0;
    return cp >= 'A' && cp <= 'Z' ? cp | 0x20 : cp;
}

/* --- Punycode: RFC 3492, section 6. */

#define LABEL 63

struct label {
    uint32_t cps[LABEL];
    size_t len, ascii;
};

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / 700 : delta / 2;
    for (delta += delta / points; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static bool put_number(struct name *n, uint32_t q, uint32_t bias)
{
    for (uint32_t k = 36;; k += 36) {
        uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        uint32_t digit = q < t ? q : t + (q - t) % (36 - t);

        if (!put(n, (char)(digit < 26 ? 'a' + digit : '0' + digit - 26)))
            return false;
        if (q < t)
            return true;
        q = (q - t) / (36 - t);
    }
}

static bool put_punycode(struct name *n, const struct label *l)
{
    uint32_t cp = 0x80, delta = 0, bias = 72;
    size_t done = l->ascii;

    for (size_t i = 0; i < l->len; i++)
        if (l->cps[i] < 0x80 && !put(n, (char)l->cps[i]))
            return false;
    if (l->ascii > 0 && !put(n, '-'))
        return false;
    while (done < l->len) {
        uint32_t next = UINT32_MAX;

        for (size_t i = 0; i < l->len; i++)
            if (l->cps[i] >= cp && l->cps[i] < next)
                next = l->cps[i];
        delta += (next - cp) * (uint32_t)(done + 1); /* at most 2^21 * 64 */
        cp = next;
        for (size_t i = 0; i < l->len; i++) {
            delta += l->cps[i] < cp;
            if (l->cps[i] != cp)
                continue;
            if (!put_number(n, delta, bias))
                return false;
            bias = adapt(delta, (uint32_t)(done + 1), done == l->ascii);
            delta = 0;
            done++;
        }
        delta++;
        cp++;
    }
    return true;
}

static bool put_label(struct name *n, const struct label *l)
{
    if (l->len == l->ascii) {
        for (size_t i = 0; i < l->len; i++)
            if (!put(n, (char)l->cps[i]))
                return false;
        return true;
    }
    return put(n, 'x') && put(n, 'n') && put(n, '-') && put(n, '-') &&
           put_punycode(n, l);
}

static bool put_labels(struct name *n, struct str host)
{
    struct label l = {.len = 0};

    while (host.len > 0) {
        size_t len = utf8_char(host);
        uint32_t cp;

        if (len == 0)
            return false;
        cp = plain(utf8_next(host, &len));
        host = str_skip(host, len);
        if (cp <= ' ' || cp == 0x7f || cp == '%')
            return false;
        if (cp == 0xad || cp == 0x200b || cp == 0x2060 || cp == 0xfeff)
            continue; /* UTS #46 ignores them */
        if (cp == '.') {
            if (!put_label(n, &l) || !put(n, '.'))
                return false;
            l.len = l.ascii = 0;
            continue;
        }
        if (l.len == LABEL)
            return false;
        l.cps[l.len++] = cp;
        l.ascii += cp < 0x80;
    }
    return put_label(n, &l);
}

/* --- IPv4. */

/* A number as C writes it; empty is 0 behind 0x. */
static bool ipv4_number(struct str s, uint64_t *ret)
{
    uint64_t base = 10, n = 0;

    if (s.len > 1 && s.ptr[0] == '0') {
        base = to_lower(s.ptr[1]) == 'x' ? 16 : 8;
        s = str_skip(s, base == 16 ? 2 : 1);
    } else if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        int v = hex_value(s.ptr[i]);

        if (v < 0 || (uint64_t)v >= base || n > UINT32_MAX)
            return false;
        n = n * base + (uint64_t)v;
    }
    *ret = n;
    return n <= UINT32_MAX;
}

/* One to four numbers, the last of which fills what is left of 32 bits. */
static bool ipv4(struct str s, uint32_t *ret)
{
    uint64_t parts[4], address = 0;
    size_t n = 0;

    while (s.ptr != NULL) {
        struct str part = str_split(&s, '.');

        if (n == 4 || !ipv4_number(part, &parts[n]))
            return false;
        n++;
    }
    for (size_t i = 0; i + 1 < n; i++) {
        if (parts[i] > 255)
            return false;
        address |= parts[i] << (24 - 8 * i);
    }
    if (n == 0 || parts[n - 1] >> (8 * (5 - n)) != 0)
        return false;
    *ret = (uint32_t)(address | parts[n - 1]);
    return true;
}

static void put_ipv4(struct name *n, uint32_t address)
{
    n->len = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        uint32_t v = address >> shift & 255;

        if (v >= 100)
            (void)put(n, (char)('0' + v / 100));
        if (v >= 10)
            (void)put(n, (char)('0' + v / 10 % 10));
        (void)put(n, (char)('0' + v % 10));
        if (shift > 0)
            (void)put(n, '.');
    }
}

size_t host_canonical(struct str host, char ret_name[HOST_MOST])
{
    struct name decoded = {.len = 0}, n = {.len = 0};
    uint32_t address;

    if (!put_percent(&decoded, host) ||
        !put_labels(&n, (struct str){decoded.bytes, decoded.len}))
        return 0;
    if (n.len > 0 && n.bytes[n.len - 1] == '.')
        n.len--;
    if (ipv4((struct str){n.bytes, n.len}, &address))
        put_ipv4(&n, address);
    memcpy(ret_name, n.bytes, n.len);
    return n.len;
}

bool host_allowed(struct str name, struct str list)
{
    while (list.len > 0) {
        struct str one = str_split(&list, ' ');

        if (str_starts(one, STR("*."))) {
            if (name.len > one.len - 1 && str_ends(name, str_skip(one, 1)))
                return true;
        } else if (str_eq(name, one)) {
            return true;
        }
    }
    return false;
}
