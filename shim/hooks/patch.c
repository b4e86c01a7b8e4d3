/*
 * Replacing the beginnings of functions.
 *
 *   program's SSL_write              island, near it
 *     jump to the island --------->    far jump to our hook
 *     (the rest)  <------------.       the instructions that the jump took
 *                               `----  far jump to the rest
 *
 * Whole instructions are moved; what counts from its own place is corrected.
 * What cannot be moved is refused (insn.h).
 *
 * The island is made first, and made executable: where memory of ours may not
 * become code (seccomp, SELinux, MDWE), that fails and nothing has been
 * touched. Then each page of code is writable for as long as a jump takes.
 */
#include "hooks/patch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hooks/elf.h"
#include "hooks/insn.h"
#include "hooks/load.h"
#include "hooks/marker.h"
#include "hooks/note.h"
#include "hooks/openssl.h"
#include "hooks/real.h"

#if defined(INSN_JUMP)

#define SLOT   64
#define ISLAND 4096
#define STEP   (64 * 1024L)

/* What is there is replaced; what is needed must be there. */
static const struct wanted {
    const char *name;
    void (*hook)(void);
    bool needed;
} wanted[] = {
#define WANT(fn) #fn, (void (*)(void))fn
    {WANT(SSL_write), true},
    {WANT(SSL_read), true},
    {WANT(SSL_peek), true},
    {WANT(SSL_pending), true},
    {WANT(SSL_write_ex), false},
    {WANT(SSL_read_ex), false},
    {WANT(SSL_peek_ex), false},
    {WANT(SSL_has_pending), false},
    {WANT(SSL_do_handshake), false},
    {WANT(SSL_connect), false},
    {WANT(SSL_shutdown), false},
    {WANT(SSL_clear), false},
    {WANT(SSL_set_connect_state), false},
    {WANT(SSL_write_early_data), false},
    {WANT(SSL_write_ex2), false},
    {WANT(SSL_sendfile), false},
    {WANT(SSL_set_alpn_protos), false},
    {WANT(SSL_CTX_set_alpn_protos), false},
    {WANT(BIO_f_ssl), false},
};

static struct made {
    uint8_t *fn;      /* as the program shows it                     */
    uint8_t *at;      /* where the jump goes: behind its landing     */
    uint8_t *through; /* in the island                               */
    uint8_t old[INSN_JUMP];
} made[ARRAY_LEN(wanted)];
static size_t made_count;

/* --- the island ---------------------------------------------------------- */

static bool reaches(const uint8_t *from, const uint8_t *to)
{
    intptr_t d = to - from;

    return d > -INSN_REACH && d < INSN_REACH;
}

/* Below the program: above it, the heap begins and will grow. */
static uint8_t *island_make(uint8_t *near)
{
    uintptr_t at = (uintptr_t)near & ~(uintptr_t)(STEP - 1);

    for (int i = 0; i < 4096 && at > 2 * STEP; i++) {
        void *p;

        at -= STEP;
        p = LIBC(mmap)((void *)at, ISLAND, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                       0);
        if (p == (void *)at)
            return p;
        if (p != MAP_FAILED) /* a kernel that does not know the flag */
            LIBC(munmap)(p, ISLAND);
    }
    return NULL;
}

/* --- one function -------------------------------------------------------- */

/* Lays out a slot: the jump to the hook, then the way around. */
static bool prepare(struct made *m, const struct wanted *w, uint8_t *slot)
{
    uint8_t *to = slot + SLOT / 4;
    const void *hook;
    size_t done = 0, n;

    memcpy(&hook, &w->hook, sizeof(hook));
    m->at = m->fn + insn_landing(m->fn);
    m->through = to;
    insn_put_far(slot, hook);
    while (done < INSN_JUMP) {
        struct insn insn;

        if (!insn_read(m->at + done, INSN_MOVED - done, &insn) ||
            (n = insn_move(m->at + done, &insn, to)) == 0)
            return false;
        done += insn.len;
        to += n;
    }
    insn_put_far(to, m->at + done);
    return reaches(m->at, slot);
}

static bool protect(const struct made *m, int how)
{
    uintptr_t page = (uintptr_t)LIBC(sysconf)(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)m->at & ~(page - 1);
    uintptr_t end = (uintptr_t)m->at + INSN_JUMP;

    return LIBC(mprotect)((void *)begin, end - begin, how) == 0;
}

/* For processors that keep instructions apart from data. */
static void flush(uint8_t *p, size_t n)
{
    __builtin___clear_cache((char *)p, (char *)p + n);
}

/* Executable all the time: the right to become so may be refused. */
static bool redirect(struct made *m, const uint8_t *slot)
{
    if (!protect(m, PROT_READ | PROT_WRITE | PROT_EXEC))
        return false;
    memcpy(m->old, m->at, INSN_JUMP);
    insn_put_jump(m->at, slot);
    flush(m->at, INSN_JUMP);
    (void)protect(m, PROT_READ | PROT_EXEC);
    return true;
}

static void undo(const struct made *m)
{
    if (!protect(m, PROT_READ | PROT_WRITE | PROT_EXEC))
        return;
    memcpy(m->at, m->old, INSN_JUMP);
    flush(m->at, INSN_JUMP);
    (void)protect(m, PROT_READ | PROT_EXEC);
}

/* --- the program --------------------------------------------------------- */

/*
 * The library itself is in the program, not a function of this name that leads
 * on to one: these are no part of what wrappers wrap.
 */
static bool has_library(const struct elf *e)
{
    static const char *const signs[] = {"SSL_new", "SSL_CTX_new",
                                        "TLS_client_method", "BIO_new",
                                        "OPENSSL_init_crypto"};

    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (!elf_find(e, signs[i]))
            return false;
    return true;
}

/* Fills the table and the island; false if something needed cannot be. */
static bool prepare_all(const struct elf *e, uint8_t *island)
{
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        struct made *m = &made[made_count];

        m->fn = elf_find(e, wanted[i].name);
        if (m->fn ? !prepare(m, &wanted[i], island + made_count * SLOT)
                  : wanted[i].needed) {
            made_count = 0;
            return false;
        }
        made_count += m->fn != NULL;
    }
    return true;
}

static bool patch(const struct elf *e, uint8_t *near)
{
    uint8_t *island = island_make(near);
    size_t i = 0;

    if (!island)
        return false;
    if (prepare_all(e, island))
        flush(island, ISLAND);
    if (made_count == 0 ||
        LIBC(mprotect)(island, ISLAND, PROT_READ | PROT_EXEC)) {
        made_count = 0;
        LIBC(munmap)(island, ISLAND);
        return false;
    }
    while (i < made_count && redirect(&made[i], island + i * SLOT))
        i++;
    if (i == made_count)
        return true;
    while (i-- > 0)
        undo(&made[i]);
    made_count = 0;
    return false;
}

static void tell(void)
{
    struct uncovered u = {
        .exe = load_program(),
        .reason = "OpenSSL is linked into it, and cannot be redirected: memory "
                  "may not become code, or its code is not known",
        .refused = false, /* it runs already */
    };

    note_report(load_audit(), &u, /* anyway */ false);
}

void patch_program(void)
{
    const struct link_map *map = real_program();
    int saved = errno;
    struct elf e;
    uint8_t *fn;

    if (!map || elf_open(&e, map->l_addr, map->l_ld) ||
        !(fn = elf_find(&e, "SSL_write")) || !has_library(&e) || load_off() ||
        load_patch_off())
        return;
    if (!patch(&e, fn)) {
        marker_add(&sallyport_marker.unpatched);
        tell();
    }
    errno = saved;
}

void *patch_through(void *fn)
{
    for (size_t i = 0; i < made_count; i++)
        if (made[i].fn == fn)
            return made[i].through;
    return fn;
}

bool patch_is_made(const void *fn)
{
    for (size_t i = 0; i < made_count; i++)
        if (made[i].fn == fn || made[i].through == fn)
            return true;
    return false;
}

#else /* other processors: no such program is patched */

void patch_program(void)
{
}

void *patch_through(void *fn)
{
    return fn;
}

bool patch_is_made(const void *fn)
{
    (void)fn;
    return false;
}

#endif
