#include "vectors.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/utf8.h"

#define ROOT "tests/vectors"

static struct arena files;
static struct dirent **cases;
static char room_dir[64], case_dir[512];

static int is_case(const struct dirent *d)
{
    return strchr(d->d_name, '.') == NULL;
}

size_t vectors_open(const char *room)
{
    int n;

    snprintf(room_dir, sizeof(room_dir), "%s/%s", ROOT, room);
    n = scandir(room_dir, &cases, is_case, alphasort);
    arena_init(&files, 64 * (size_t)MIB);
    return n < 0 ? 0 : (size_t)n;
}

const char *vectors_begin(size_t i)
{
    snprintf(case_dir, sizeof(case_dir), "%s/%s", room_dir, cases[i]->d_name);
    return cases[i]->d_name;
}

void vectors_end(void)
{
    arena_free(&files);
}

const char *vector_dir(void)
{
    return case_dir;
}

struct str vector_path(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    void *room;
    char *text;
    size_t n;

    if (f == NULL)
        return (struct str){0};
    if (fstat(fileno(f), &st) != 0 ||
        arena_take(&files, (size_t)st.st_size + 1, &room))
        abort();
    text = room;
    n = fread(text, 1, (size_t)st.st_size, f);
    text[n] = '\0';
    fclose(f);
    return (struct str){text, n};
}

static struct str file_in(const char *dir, const char *name)
{
    char path[1024];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    return vector_path(path);
}

struct str vector_file(const char *name)
{
    return file_in(case_dir, name);
}

struct str vector_shared(const char *name)
{
    struct str own = vector_file(name);

    return own.ptr != NULL ? own : file_in(room_dir, name);
}

uint64_t vector_number(const char *name, uint64_t none)
{
    struct str text = vector_file(name);
    uint64_t n = 0;

    if (text.ptr == NULL)
        return none;
    if (str_u64(vector_word(&text), &n))
        abort();
    return n;
}

struct str vector_word(struct str *rest)
{
    size_t n = 0;

    while (rest->len > 0 && (unsigned char)rest->ptr[0] <= ' ')
        *rest = str_skip(*rest, 1);
    while (n < rest->len && (unsigned char)rest->ptr[n] > ' ')
        n++;
    *rest = str_skip(*rest, n);
    return (struct str){rest->ptr - n, n};
}

void vector_add(struct buf *out, struct str s)
{
    /* Twice: a test may have made the first allocation fail. */
    if (buf_add(out, s) && buf_add(out, s))
        abort();
}

void vector_say(struct buf *out, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    vector_add(out, str_of(line));
}

void vector_quote(struct buf *out, struct str s)
{
    bool text = utf8_valid(s);

    vector_say(out, "\"");
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (c == '\n')
            vector_say(out, "\\n");
        else if (c == '\r')
            vector_say(out, "\\r");
        else if (c == '\t')
            vector_say(out, "\\t");
        else if (c == '"' || c == '\\')
            vector_say(out, "\\%c", c);
        else if (c < ' ' || c == 0x7f || (c > 0x7f && !text))
            vector_say(out, "\\x%02x", c);
        else
            vector_add(out, (struct str){s.ptr + i, 1});
    }
    vector_say(out, "\"");
}

size_t vector_step(size_t at, size_t len)
{
    return len <= KIB || at < 64 || len - at < 128 ? 1 : 61;
}
