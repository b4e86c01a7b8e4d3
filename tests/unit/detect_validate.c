#include "detect/validate.h"

#include "check.h"
#include "detect/base64.h"
#include "detect/entropy.h"
#include "detect/placeholder.h"
#include "detect/published.h"

/* Key-shaped values are made up, or printed by their standards as examples. */
static const struct {
    enum validator v;
    bool good;
    struct str value;
} rows[] = {
    {VALID_NONE, true, STR_INIT("")},
    {VALID_LUHN, true, STR_INIT("4111111111111111")},
    {VALID_LUHN, true, STR_INIT("4111 1111 1111 1111")},
    {VALID_LUHN, true, STR_INIT("5555-5555-5555-4444")},
    {VALID_LUHN, true, STR_INIT("378282246310005")},
    {VALID_LUHN, true, STR_INIT("6011111111111117")},
    {VALID_LUHN, true, STR_INIT("3530111333300000")},
    {VALID_LUHN, true, STR_INIT("30569309025904")},
    {VALID_LUHN, true, STR_INIT("2223003122003222")},
    {VALID_LUHN, false, STR_INIT("4111111111111112")},
    {VALID_LUHN, false, STR_INIT("1234567812345670")}, /* no brand */
    {VALID_LUHN, false, STR_INIT("0000000000000000")},
    {VALID_LUHN, false, STR_INIT("411111111111111")},
    {VALID_LUHN, false, STR_INIT("4111111111111111a")},
    {VALID_LUHN, false, STR_INIT("41111111111111111111111111")},
    {VALID_LUHN, false, STR_INIT("")},
    {VALID_LUHN_ANY, true, STR_INIT("79927398713")},
    {VALID_LUHN_ANY, false, STR_INIT("79927398714")},
    {VALID_IBAN, true, STR_INIT("GB29 NWBK 6016 1331 9268 19")},
    {VALID_IBAN, true, STR_INIT("de89370400440532013000")},
    {VALID_IBAN, true, STR_INIT("NO93 8601 1117 947")},
    {VALID_IBAN, true, STR_INIT("MT84MALT011000012345MTLCAST001S")},
    {VALID_IBAN, false, STR_INIT("GB29 NWBK 6016 1331 9268 18")},
    {VALID_IBAN, false, STR_INIT("DE8937040044053201300")},
    {VALID_IBAN, false, STR_INIT("ZZ89370400440532013000")},
    {VALID_IBAN, false, STR_INIT("DE")},
    {VALID_SSN, true, STR_INIT("536-90-4399")},
    {VALID_SSN, true, STR_INIT("536 90 4399")},
    {VALID_SSN, false, STR_INIT("666-90-4399")},
    {VALID_SSN, false, STR_INIT("000-90-4399")},
    {VALID_SSN, false, STR_INIT("900-90-4399")},
    {VALID_SSN, false, STR_INIT("536-00-4399")},
    {VALID_SSN, false, STR_INIT("536-90-0000")},
    {VALID_SSN, false, STR_INIT("078-05-1120")},
    {VALID_SSN, false, STR_INIT("123-45-6789")},
    {VALID_SSN, false, STR_INIT("111-11-1111")},
    {VALID_SSN, false, STR_INIT("536-90-439")},
    {VALID_PHONE, true, STR_INIT("+1 415 868 2300")},
    {VALID_PHONE, true, STR_INIT("(415) 868-2300")},
    {VALID_PHONE, true, STR_INIT("+49 30 901820")},
    {VALID_PHONE, true, STR_INIT("+44 20 7946 0321")},
    {VALID_PHONE, true, STR_INIT("0049 30 901820")},
    {VALID_PHONE, true, STR_INIT("020 7946 0321")},
    {VALID_PHONE, false, STR_INIT("415 068 2300")},
    {VALID_PHONE, false, STR_INIT("911 868 2300")},
    {VALID_PHONE, false, STR_INIT("115 868 2300")},
    {VALID_PHONE, false, STR_INIT("1111111111")},
    {VALID_PHONE, false, STR_INIT("0123456789")},
    {VALID_PHONE, false, STR_INIT("+0 415 868 2300")},
    {VALID_PHONE, false, STR_INIT("202311151430")},
    {VALID_PHONE, false, STR_INIT("12345")},
    {VALID_JWT, true,
     STR_INIT("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
              "eyJzdWIiOiIxIn0.c2lnbmF0dXJl")},
    {VALID_JWT, true, STR_INIT("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.")},
    {VALID_JWT, false, STR_INIT("eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.c2ln")},
    {VALID_JWT, false, STR_INIT("eyJhbGciOiJub25lIn0")},
    {VALID_JWT, false, STR_INIT("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0")},
    {VALID_JWT, false, STR_INIT("!!!.eyJzdWIiOiIxIn0.c2ln")},
    {VALID_JWT, false, STR_INIT("")},
    {VALID_GITHUB_CRC, false, STR_INIT("ghp_")},
    {VALID_GITHUB_CRC, false, STR_INIT("")},
    {VALID_GITHUB_CRC, false,
     STR_INIT("ghp_"
              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")},
    {VALID_EMAIL, true, STR_INIT("joe@example.com")},
    {VALID_EMAIL, true, STR_INIT("joe.b+tag@mail.example.co.uk")},
    {VALID_EMAIL, true, STR_INIT("joe@xn--bcher-kva.xn--p1ai")},
    {VALID_EMAIL, true, STR_INIT("joe@host.INTERNAL")},
    {VALID_EMAIL, true, STR_INIT("joe@example.international")},
    {VALID_EMAIL, false, STR_INIT("joe@example.aa")},
    {VALID_EMAIL, false, STR_INIT("logo@2x.png")},
    {VALID_EMAIL, false, STR_INIT("vue@next.js")},
    {VALID_EMAIL, false, STR_INIT("getty@tty1.service")},
    {VALID_EMAIL, false, STR_INIT("joe@example.co.internationa")},
    {VALID_EMAIL, false, STR_INIT("joe@example")},
    {VALID_EMAIL, false, STR_INIT("joe@example.c0m")},
    {VALID_EMAIL, false, STR_INIT("joe@-example.com")},
    {VALID_EMAIL, false, STR_INIT("joe@example..com")},
    {VALID_EMAIL, false, STR_INIT(".joe@example.com")},
    {VALID_EMAIL, false, STR_INIT("joe@example.com.")},
    {VALID_EMAIL, false, STR_INIT("@example.com")},
    {VALID_EMAIL, false, STR_INIT("joe@")},
    {VALID_EMAIL, false, STR_INIT("")},
    {VALID_EMAIL, false,
     STR_INIT(
         "j@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         ".com")},
    {VALID_PEM, true,
     STR_INIT("-----BEGIN PRIVATE KEY-----\n"
              "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w\n"
              "-----END PRIVATE KEY-----")},
    {VALID_PEM, false,
     STR_INIT("-----BEGIN PRIVATE KEY-----\n"
              "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w\n"
              "-----END PUBLIC KEY-----")},
    {VALID_PEM, false,
     STR_INIT("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----")},
    {VALID_PEM, false, STR_INIT("-----BEGIN PRIVATE KEY-----")},
    {VALID_ABA, true, STR_INIT("021000021")},
    {VALID_ABA, false, STR_INIT("021000022")},
    {VALID_ABA, false, STR_INIT("501000021")},
    {VALID_BASE58, true, STR_INIT("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2")},
    {VALID_BASE58, true, STR_INIT("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy")},
    {VALID_BASE58, true,
     STR_INIT("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ")},
    {VALID_BASE58, false, STR_INIT("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3")},
    {VALID_BASE58, false, STR_INIT("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNV0l")},
    {VALID_BASE58, false, STR_INIT("1111111111111111111111111111111111")},
};

static void test_validators(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!CHECK_INT(validate(rows[i].v, rows[i].value), rows[i].good)) {
            check_show("value", rows[i].value);
            check_show("validator", validator_name(rows[i].v));
        }
}

/* Every prefix of every row: no value is too short or too odd to be read. */
static void test_prefixes(void)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (size_t n = 0; n <= rows[i].value.len; n++)
            for (int v = 0; v < VALID_COUNT; v++)
                (void)validate((enum validator)v, str_head(rows[i].value, n));
}

/* The sum of a token is made here, bit by bit, so that none stands in the
 * file. */
static void check_token(char *token)
{
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    size_t end = strlen(token), sum = end - 6;
    uint32_t crc = UINT32_MAX;

    for (size_t i = 4; i < sum; i++) {
        crc ^= (unsigned char)token[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    crc = ~crc;
    for (size_t i = end; i > sum; i--, crc /= 62)
        token[i - 1] = base62[crc % 62];
    CHECK(validate(VALID_GITHUB_CRC, str_of(token)));
    CHECK(!validate(VALID_GITHUB_CRC, str_head(str_of(token), end - 1)));
    token[10] = 'x';
    CHECK(!validate(VALID_GITHUB_CRC, str_of(token)));
}

static void test_github(void)
{
    char github[] = "ghp_"
                    "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT"
                    "......";
    char vercel[] = "vcp_"
                    "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4cD5eF6g"
                    "......";

    check_token(github);
    check_token(vercel);
}

static void test_names(void)
{
    for (int i = 0; i < VALID_COUNT; i++) {
        enum validator v = VALID_COUNT;

        CHECK(validator_name((enum validator)i).len != 0);
        CHECK(validator_from(validator_name((enum validator)i), &v));
        CHECK_INT(v, i);
    }
    CHECK(!validator_from(STR("lunh"), &(enum validator){0}));
    CHECK(!validate(VALID_COUNT, STR("x")));
}

static void test_entropy(void)
{
    static const struct {
        const char *value;
        uint32_t want;
    } table[] = {
        {"", 0},
        {"a", 0},
        {"aaaaaaaa", 0},
        {"ab", 1000},
        {"abab", 1000},
        {"abcd", 2000},
        {"aab", 918},
        {"abcdefgh", 3000},
        {"aaab", 811},
        {"0123456789abcdef", 4000},
        {"hello world", 2845},
    };
    char all[4096];

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        long long off =
            (long long)entropy_milli(str_of(table[i].value)) - table[i].want;

        CHECK_ROW(table[i].value);
        CHECK(off >= -1 && off <= 1);
    }
    CHECK_ROW(NULL);
    for (size_t n = 1; n < 80; n++) { /* two bytes, n times each */
        memset(all, 'a', n);
        memset(all + n, 'b', n);
        CHECK_INT(entropy_milli((struct str){all, 2 * n}), 1000);
    }
    for (size_t i = 0; i < sizeof(all); i++)
        all[i] = (char)(i & 0xff);
    CHECK_INT(entropy_milli((struct str){all, sizeof(all)}), 8000);
}

static void test_placeholders(void)
{
    static const char *const yes[] = {
        "AKIAIOSFODNN7EXAMPLE",
        "your-api-key-here",
        "<token>",
        "${API_KEY}",
        "$API_KEY",
        "{{ key }}",
        "xxxxxxxxxxxx",
        "sk-xxxxxxxxxxxxxxxx",
        "****",
        "aaaaaaaaaaaa",
        "0123456789",
        "abcdefghijkl",
        "changeme",
        "sk-1234567890abcdef",
        "%TOKEN%",
        "",
        "[token]",
    };
    static const char *const no[] = {
        "hunter22",
        "0a1B2c3D4e5F6g7H",
        "AKIAQ3EGRTX7LMBZ2WPD",
        "correct horse battery",
        "p4ssw0rd!",
        "x",
        "$3cret",
        "7f3a",
    };

    /* Each word that says so, amid what is random. */
    static const char *const words[] = {
        "Q7RwExampleK2p9Tz4Vb6NmW3s8",     "Q7RwSampleK2p9Tz4Vb6NmW3s8",
        "Q7RwPlaceholderK2p9Tz4Vb6NmW3s8", "Q7RwDummyK2p9Tz4Vb6NmW3s8",
        "Q7RwChangemeK2p9Tz4Vb6NmW3s8",    "Q7RwChange_meK2p9Tz4Vb6NmW3s8",
        "Q7RwChange-meK2p9Tz4Vb6NmW3s8",   "Q7RwReplacemeK2p9Tz4Vb6NmW3s8",
        "Q7RwReplace_meK2p9Tz4Vb6NmW3s8",  "Q7RwReplace-meK2p9Tz4Vb6NmW3s8",
        "Q7RwRedactedK2p9Tz4Vb6NmW3s8",    "Q7RwYour-K2p9Tz4Vb6NmW3s8",
        "Q7RwYour_K2p9Tz4Vb6NmW3s8",       "Q7RwYourkeyK2p9Tz4Vb6NmW3s8",
        "Q7RwYourtokenK2p9Tz4Vb6NmW3s8",   "Q7RwYourapiK2p9Tz4Vb6NmW3s8",
        "Q7RwYoursecretK2p9Tz4Vb6NmW3s8",  "Q7RwYourpasswordK2p9Tz4Vb6NmW3s8",
        "Q7RwMy-secretK2p9Tz4Vb6NmW3s8",   "Q7RwMy_secretK2p9Tz4Vb6NmW3s8",
        "Q7RwMy-api-keyK2p9Tz4Vb6NmW3s8",  "Q7RwMy_api_keyK2p9Tz4Vb6NmW3s8",
        "Q7RwKey-hereK2p9Tz4Vb6NmW3s8",    "Q7RwKey_hereK2p9Tz4Vb6NmW3s8",
        "Q7RwKeyhereK2p9Tz4Vb6NmW3s8",     "Q7RwToken-hereK2p9Tz4Vb6NmW3s8",
        "Q7RwToken_hereK2p9Tz4Vb6NmW3s8",  "Q7RwSecret-hereK2p9Tz4Vb6NmW3s8",
        "Q7RwInsert-K2p9Tz4Vb6NmW3s8",     "Q7RwInsert_K2p9Tz4Vb6NmW3s8",
        "Q7RwNot-a-realK2p9Tz4Vb6NmW3s8",  "Q7RwNotrealK2p9Tz4Vb6NmW3s8",
        "Q7RwNot_realK2p9Tz4Vb6NmW3s8",    "Q7RwXxxxK2p9Tz4Vb6NmW3s8",
        "Q7Rw****K2p9Tz4Vb6NmW3s8",        "Q7Rw....K2p9Tz4Vb6NmW3s8",
        "Q7Rw0000000000K2p9Tz4Vb6NmW3s8",  "Q7Rw1234567890K2p9Tz4Vb6NmW3s8",
        "Q7RwDeadbeefK2p9Tz4Vb6NmW3s8",    "Q7RwFoobarK2p9Tz4Vb6NmW3s8",
        "Q7RwAbcdefghijK2p9Tz4Vb6NmW3s8",  "Q7RwNo-key-K2p9Tz4Vb6NmW3s8",
        "Q7RwNot-neededK2p9Tz4Vb6NmW3s8",  "Q7RwNot_neededK2p9Tz4Vb6NmW3s8",
    };

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        CHECK_ROW(yes[i]);
        CHECK(is_placeholder(str_of(yes[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        CHECK_ROW(words[i]);
        CHECK(is_placeholder(str_of(words[i])));
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        CHECK_ROW(no[i]);
        CHECK(!is_placeholder(str_of(no[i])));
    }
    CHECK_ROW(NULL);
}

/* The fixed key of Azurite, in halves; nothing longer or shorter is it. */
static void test_published(void)
{
    const char *key =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"
        "/K1SZFPTOtr/KBHBeksoGMGw==";
    struct str all = str_of(key);

    CHECK(is_published(all));
    CHECK(!is_published(str_head(all, all.len - 1)));
    CHECK(!is_published(str_skip(all, 1)));
    CHECK(is_published(
        STR("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRyd"
            "WV9.TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ")));
    CHECK(!is_published((struct str){0}));
    CHECK(!is_published(STR("AKIAIOSFODNN7EXAMPLE")));
}

static void test_base64(void)
{
    static const struct {
        const char *in, *out; /* NULL: none */
    } table[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zg", "f"},
        {"Zm8", "fo"},
        {"-_-_", "\xfb\xff\xbf"},
        {"+/+/", "\xfb\xff\xbf"},
        {"Z", NULL},
        {"Zm9vZ", NULL},
        {"Zm 9v", NULL},
        {"Zm9v!", NULL},
        {"Zm9vYmFyYmF6", NULL},
    };
    char out[6];

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        size_t n = 99;
        bool ok = base64_decode(str_of(table[i].in), out, sizeof(out), &n);

        CHECK_ROW(table[i].in);
        CHECK_INT(ok, table[i].out != NULL);
        if (ok && table[i].out != NULL)
            CHECK_EQ(((struct str){out, n}), str_of(table[i].out));
        else
            CHECK_INT(n, 99);
    }
    CHECK_ROW(NULL);
}

int main(void)
{
    RUN(test_validators);
    RUN(test_prefixes);
    RUN(test_github);
    RUN(test_names);
    RUN(test_entropy);
    RUN(test_placeholders);
    RUN(test_published);
    RUN(test_base64);
    return check_done();
}
