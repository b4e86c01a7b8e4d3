#include "hooks/note.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/quiet.h"
#include "base/utf8.h"
#include "hooks/real.h"
#include "hooks/say.h"

void note_add(struct note *n, struct str s)
{
    s = str_head(s, sizeof(n->text) - n->len);
    if (s.len > 0)
        memcpy(n->text + n->len, s.ptr, s.len);
    n->len += s.len;
}

void note_u64(struct note *n, uint64_t number)
{
    char digits[20];
    size_t i = sizeof(digits);

    do
        digits[--i] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    note_add(n, (struct str){digits + i, sizeof(digits) - i});
}

static void json_control(struct note *n, char c)
{
    static const char hex[] = "0123456789abcdef";
    const char text[] = {'\\', 'u', '0', '0', hex[c >> 4 & 1], hex[c & 15]};

    note_add(n, (struct str){text, sizeof(text)});
}

void note_json(struct note *n, struct str s)
{
    s = str_head(s, NOTE_WORD);
    note_add(n, STR("\""));
    while (s.len > 0) {
        size_t len = utf8_char(s);

        if (len == 0)
            note_add(n, STR("?"));
        else if ((unsigned char)s.ptr[0] < ' ')
            json_control(n, s.ptr[0]);
        else {
            if (s.ptr[0] == '"' || s.ptr[0] == '\\')
                note_add(n, STR("\\"));
            note_add(n, str_head(s, len));
        }
        s = str_skip(s, len ? len : 1);
    }
    note_add(n, STR("\""));
}

static void note_now(struct note *n)
{
    char text[CLOCK_LEN];
    struct timespec now = {0};

    LIBC(clock_gettime)(CLOCK_REALTIME, &now);
    clock_text((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
               text);
    note_json(n, (struct str){text, sizeof(text)});
}

/* The members that every line of ours begins with. */
static void note_begin(struct note *n, struct str event, bool refused)
{
    n->len = 0;
    note_add(n, STR("{\"time\":"));
    note_now(n);
    note_add(n, STR(",\"event\":"));
    note_json(n, event);
    note_add(n, STR(",\"action\":"));
    note_json(n, refused ? STR("block") : STR("log"));
    note_add(n, STR(",\"pid\":"));
    note_u64(n, (uint64_t)syscall(SYS_getpid));
    note_add(n, STR(",\"exe\":"));
}

/* Two values of NOTE_WORD control bytes would not fit; reasons have none. */
enum err note_uncovered(const char *audit, const struct uncovered *u)
{
    struct note n;

    if (!audit)
        return E_UNSUPPORTED;
    note_begin(&n, STR("uncovered"), u->refused);
    note_json(&n, str_of(u->exe));
    note_add(&n, STR(",\"reason\":"));
    note_json(&n, str_of(u->reason));
    note_add(&n, STR("}\n"));
    return quiet_append(audit, note_str(&n));
}

enum err note_unseen(const char *audit, const struct unseen *u)
{
    struct note n;

    if (!audit)
        return E_UNSUPPORTED;
    note_begin(&n, STR("unseen"), u->refused);
    note_json(&n, str_of(u->exe));
    note_add(&n, STR(",\"condition\":\"unseen_tls\",\"protocol\":"));
    note_json(&n, str_of(u->protocol));
    note_add(&n, STR(",\"server.address\":"));
    note_json(&n, u->host);
    if (u->port) {
        note_add(&n, STR(",\"server.port\":"));
        note_u64(&n, u->port);
    }
    note_add(&n, STR("}\n"));
    return quiet_append(audit, note_str(&n));
}

void note_report(const char *audit, const struct uncovered *u, bool anyway)
{
    struct note line = {0};
    enum err e = note_uncovered(audit, u);

    if (!u->refused && !e)
        return;
    note_add(&line, str_head(str_of(u->exe), NOTE_WORD));
    note_add(&line,
             u->refused ? STR(" is refused\0") : STR(" runs unguarded\0"));
    say_line(line.text, u->reason, anyway);
}
