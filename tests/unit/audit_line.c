/* link: -ljansson */
#include <jansson.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/record.h"
#include "audit/sink.h"
#include "check.h"

static void test_full_line(void)
{
    struct audit_finding f = {
        .rule = STR("SP-1"),
        .name = STR("n\"1"),
        .category = STR("secret"),
        .action = ACTION_REDACT,
        .score = 4,
        .severity = SEVERITY_HIGH,
        .confidence = CONFIDENCE_MEDIUM,
        .dir = DIR_SEND,
        .role = ROLE_USER,
        .part = PART_TEXT,
        .start = 3,
        .end = 9,
        .print = {0xab, 1},
    };
    const struct str words[] = {STR("a"), STR("b\"")};
    const struct audit_media media = {STR("image/png"), 90};
    const struct str scored[] = {STR("SP-1"), STR("SP-2")};
    struct audit_record r = {
        .score = {9, 0},
        .scored_by = scored,
        .scored_by_count = 2,
        .exchange = STR("sp-x"),
        .time_us = 1767225600000001,
        .pid = 7,
        .host = STR("h"),
        .port = 443,
        .action = ACTION_REDACT,
        .request_model = STR("m\x01"),
        .max_tokens = STR("1e5"),
        .input_tokens = 12,
        .reasoning_tokens = 4,
        .guessed = true,
        .unknown = words,
        .unknown_count = 2,
        .media = &media,
        .media_count = 1,
        .media_total = 9,
        .status = 200,
        .stream = true,
        .findings = &f,
        .finding_count = 1,
        .finding_total = 3,
        .spent_ns = 12999,
    };
    struct buf b;
    json_t *json, *first;

    buf_init(&b, 65536);
    CHECK_INT(audit_line(&r, &b), OK);
    CHECK(str_ends(buf_str(&b), STR("}\n")));
    CHECK_INT(str_find_byte(buf_str(&b), '\n'), b.len - 1);
    json = json_loadb(b.ptr, b.len, JSON_REJECT_DUPLICATES, NULL);
    if (!CHECK(json != NULL))
        return;
    CHECK_STR(str_of(json_string_value(json_object_get(json, "time"))),
              "2026-01-01T00:00:00.000001Z");
    CHECK_INT(
        json_integer_value(json_object_get(json, "gen_ai.usage.input_tokens")),
        12);
    /* What is no count is left out, and so is what nobody counted. */
    CHECK(json_object_get(json, "gen_ai.request.max_tokens") == NULL);
    CHECK(json_object_get(json, "gen_ai.usage.output_tokens") == NULL);
    CHECK_INT(json_integer_value(json_object_get(
                  json, "gen_ai.usage.reasoning.output_tokens")),
              4);
    CHECK(json_is_true(json_object_get(json, "usage_estimated")));
    CHECK_STR(str_of(json_string_value(
                  json_array_get(json_object_get(json, "unknown"), 1))),
              "b\"");
    CHECK_INT(json_integer_value(json_object_get(json, "score.request")), 9);
    CHECK(json_object_get(json, "score.response") == NULL);
    first = json_array_get(json_object_get(json, "scored_by"), 1);
    CHECK_STR(str_of(json_string_value(first)), "SP-2");
    first = json_array_get(json_object_get(json, "media"), 0);
    CHECK_STR(str_of(json_string_value(json_object_get(first, "type"))),
              "image/png");
    CHECK_INT(json_integer_value(json_object_get(first, "bytes")), 90);
    CHECK_INT(json_integer_value(json_object_get(json, "media_total")), 9);
    CHECK_INT(json_integer_value(json_object_get(json, "spent_us")), 12);
    CHECK_INT(json_integer_value(json_object_get(json, "findings_total")), 3);
    first = json_array_get(json_object_get(json, "findings"), 0);
    CHECK_STR(str_of(json_string_value(json_object_get(first, "confidence"))),
              "medium");
    CHECK_INT(json_integer_value(json_object_get(first, "score")), 4);
    CHECK_STR(str_of(json_string_value(json_object_get(first, "fingerprint"))),
              "ab010000000000000000000000000000");
    json_decref(json);
    buf_free(&b);
}

/* Noon and the last microsecond of each day from 1970 to 2370. */
static void test_days(void)
{
    for (uint64_t day = 0; day < 400 * 366; day++) {
        const uint64_t second[] = {day * 86400 + 43200, day * 86400 + 86399};

        for (size_t i = 0; i < 2; i++) {
            time_t t = (time_t)second[i];
            struct audit_record r = {.time_us = second[i] * 1000000 + 999999};
            char want[64];
            struct buf b;
            struct tm tm;

            strftime(want, sizeof(want),
                     "{\"time\":\"%Y-%m-%dT%H:%M:%S.999999Z",
                     gmtime_r(&t, &tm));
            buf_init(&b, 4096);
            CHECK_INT(audit_line(&r, &b), OK);
            CHECK(str_starts(buf_str(&b), str_of(want)));
            buf_free(&b);
        }
    }
}

static void test_no_room(void)
{
    struct audit_record r = {.exchange = STR("sp-x")};
    struct buf b;

    buf_init(&b, 60);
    CHECK_INT(audit_line(&r, &b), E_LIMIT);
    CHECK_INT(b.len, 0);
    buf_free(&b);
}

static void test_sink(void)
{
    char dir[] = "/tmp/sallyport-test-XXXXXX", path[64];
    struct stat st;

    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/audit", dir);
    CHECK_INT(audit_write(path, STR("one\n")), OK);
    CHECK_INT(audit_write(path, STR("two\n")), OK);
    CHECK(stat(path, &st) == 0 && st.st_size == 8);
    CHECK_INT(st.st_mode & 0777, 0600);
    unlink(path);
    rmdir(dir);
    /* The directory is gone, the disk is full, there is no reader. */
    CHECK_INT(audit_write(path, STR("x\n")), E_UNSUPPORTED);
    CHECK_INT(audit_probe(path), E_UNSUPPORTED);
    CHECK_INT(audit_write("/dev/full", STR("x\n")), E_UNSUPPORTED);
}

static void test_fifo_without_reader(void)
{
    char dir[] = "/tmp/sallyport-test-XXXXXX", path[64];

    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/fifo", dir);
    CHECK(mkfifo(path, 0600) == 0);
    CHECK_INT(audit_write(path, STR("x\n")), E_UNSUPPORTED);
    unlink(path);
    rmdir(dir);
}

/* A limit on file sizes raises a signal that would end the host. */
static void test_file_size_limit(void)
{
    char dir[] = "/tmp/sallyport-test-XXXXXX", path[64];
    struct rlimit old, none;

    CHECK(mkdtemp(dir) != NULL && getrlimit(RLIMIT_FSIZE, &old) == 0);
    snprintf(path, sizeof(path), "%s/audit", dir);
    none = (struct rlimit){0, old.rlim_max};
    CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
    CHECK_INT(audit_write(path, STR("x\n")), E_UNSUPPORTED);
    CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK_INT(audit_write(path, STR("x\n")), OK);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    RUN(test_full_line);
    RUN(test_days);
    RUN(test_no_room);
    RUN(test_sink);
    RUN(test_fifo_without_reader);
    RUN(test_file_size_limit);
    return check_done();
}
