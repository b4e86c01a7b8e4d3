#include "check.h"

#include <stdlib.h>

#include "hooks/insn.h"

#if defined(__x86_64__)

/* The figures: length, and where a distance to RIP stands. */
static void test_known(void)
{
    static const struct {
        uint8_t code[16];
        size_t n, rip_at;
    } all[] = {
        {{0x55}, 1, 0},                                /* push rbp         */
        {{0x41, 0x57}, 2, 0},                          /* push r15         */
        {{0xf3, 0x0f, 0x1e, 0xfa}, 4, 0},              /* endbr64          */
        {{0x48, 0x89, 0xe5}, 3, 0},                    /* mov rbp, rsp     */
        {{0x48, 0x83, 0xec, 0x18}, 4, 0},              /* sub rsp, 24      */
        {{0x48, 0x81, 0xec, 1, 2, 3, 4}, 7, 0},        /* sub rsp, imm32   */
        {{0x66, 0x81, 0xf9, 1, 2}, 5, 0},              /* cmp cx, imm16    */
        {{0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}, 10, 0}, /* movabs rax      */
        {{0xb8, 1, 2, 3, 4}, 5, 0},                    /* mov eax, imm32   */
        {{0x48, 0x8b, 0x05, 1, 2, 3, 4}, 7, 3},        /* mov rax, [rip+d] */
        {{0x83, 0x3d, 1, 2, 3, 4, 9}, 7, 2},           /* cmp [rip+d], 9   */
        {{0xc7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8}, 10, 2}, /* mov [rip+d], imm */
        {{0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0}, 9, 0}, /* fs:0x28  */
        {{0x8b, 0x44, 0x24, 8}, 4, 0},          /* [rsp+8]          */
        {{0x8b, 0x84, 0x24, 1, 2, 3, 4}, 7, 0}, /* [rsp+d32]        */
        {{0x8b, 0x04, 0x85, 1, 2, 3, 4}, 7, 0}, /* [rax*4+d32]      */
        {{0xf6, 0x47, 0x44, 1}, 4, 0},          /* test [rdi+68], 1 */
        {{0xf7, 0xd8}, 2, 0},                   /* neg eax          */
        {{0x0f, 0xb6, 0x47, 9}, 4, 0},          /* movzx            */
        {{0xe8, 1, 2, 3, 4}, 5, 1},             /* call rel32       */
        {{0x0f, 0x84, 1, 2, 3, 4}, 6, 2},       /* je rel32         */
        {{0xff, 0x37}, 2, 0},                   /* push [rdi]       */
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct insn insn = {0};

        CHECK(insn_read(all[i].code, sizeof(all[i].code), &insn));
        CHECK_INT(insn.len, all[i].n);
        CHECK_INT(insn.rip_at, all[i].rip_at);
        for (size_t n = 0; n < all[i].n; n++) /* cut off */
            CHECK(!insn_read(all[i].code, n, &insn));
    }
}

/* A short jump becomes a long one to the same place. */
static void test_moved(void)
{
    static const struct {
        uint8_t code[2];
        uint8_t opcode[2];
        size_t n; /* 0: refused */
    } all[] = {
        {{0x74, 0x73}, {0x0f, 0x84}, 6}, /* je                     */
        {{0x7f, 0x14}, {0x0f, 0x8f}, 6}, /* jg, over all that moves */
        {{0xeb, 0x7f}, {0xe9}, 5},       /* jmp                    */
        {{0x74, 0x13}, {0}, 0},          /* into what moves        */
        {{0xeb, 0xf0}, {0}, 0},          /* back                   */
    };
    static uint8_t place[4096];

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (int back = 0; back < 2; back++) {
            uint8_t *from = place + (back ? 3000 : 100);
            uint8_t *to = place + (back ? 100 : 3000);
            struct insn insn = {0};
            int32_t far;

            memcpy(from, all[i].code, 2);
            CHECK(!insn_read(from, 1, &insn));
            CHECK(insn_read(from, 2, &insn) && insn.len == 2 && insn.near);
            CHECK_INT(insn_move(from, &insn, to), all[i].n);
            if (all[i].n == 0)
                continue;
            CHECK(memcmp(to, all[i].opcode, all[i].n - 4) == 0);
            memcpy(&far, to + all[i].n - 4, 4);
            CHECK(to + all[i].n + far == from + 2 + all[i].code[1]);
        }
}

/* What leads elsewhere, what is none, what is not known. */
static void test_refused(void)
{
    static const uint8_t all[][16] = {
        {0x66, 0xe9},
        {0x66, 0xeb},
        {0x66, 0x74},
        {0xc3},
        {0xc2},
        {0xe3},
        {0xcc},
        {0xff, 0x10},
        {0xff, 0xd0},
        {0xff, 0xe0},
        {0xff, 0x25},
        {0x0f, 0xff},
        {0x0f, 0x05},
        {0x0f, 0x0b},
        {0xf0, 0xff, 0x07},
        {0x62},
        {0xc4},
        {0xc5},
        {0x67, 0x8b, 0x05},
        {0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x48,
         0x81, 0xec, 1, 1}, /* 18 bytes */
    };
    struct insn insn;

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        CHECK(!insn_read(all[i], sizeof(all[i]), &insn));
}

/* Whatever stands there, no more is read than may be, and no more is said. */
static void test_anything(void)
{
    uint32_t seed = 7;

    for (int i = 0; i < 200000; i++) {
        size_t n = (size_t)i % 17;
        uint8_t *code = malloc(n + 1);
        struct insn insn;

        CHECK(code != NULL);
        for (size_t k = 0; k < n; k++) {
            seed = seed * 1664525 + 1013904223;
            code[k] = (uint8_t)(seed >> 24);
        }
        code = realloc(code, n ? n : 1); /* its end is that of the block */
        if (insn_read(code, n, &insn))
            CHECK(insn.len >= 1 && insn.len <= 15 && insn.len <= n &&
                  (insn.rip_at == 0 || insn.rip_at + 4 <= insn.len));
        free(code);
    }
}

#elif defined(__aarch64__)

static bool known(uint32_t w, size_t n)
{
    uint8_t code[4];
    struct insn insn = {0};

    memcpy(code, &w, sizeof(code));
    if (!insn_read(code, n, &insn))
        return false;
    CHECK_INT(insn.len, 4);
    return true;
}

/* What functions begin with. */
static void test_known(void)
{
    static const uint32_t all[] = {
        0xd10083ff, /* sub sp, sp, #32             */
        0xa9bf7bfd, /* stp x29, x30, [sp, #-16]!   */
        0x910003fd, /* mov x29, sp                 */
        0xd503233f, /* paciasp                     */
        0xd503201f, /* nop                         */
        0x7100005f, /* cmp w2, #0                  */
        0xaa0003f3, /* mov x19, x0                 */
        0xf9400c01, /* ldr x1, [x0, #24]           */
        0xb9400000, /* ldr w0, [x0]                */
        0x52800020, /* mov w0, #1                  */
        0xfd0007e8, /* str d8, [sp, #8]            */
        0xf0001c23, /* adrp x3, ...                */
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        CHECK(known(all[i], 4));
        CHECK(!known(all[i], 3)); /* cut off */
    }
}

/* The page that ADRP names, from where it stands. */
static uintptr_t page_of(const uint8_t *at)
{
    uint32_t w;
    int64_t pages;

    memcpy(&w, at, sizeof(w));
    pages = (int64_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);
    if (pages & 1 << 20)
        pages -= 1 << 21;
    return ((uintptr_t)at & ~(uintptr_t)4095) + (uintptr_t)(pages * 4096);
}

/* ADRP names the same page from elsewhere; all else is copied. */
static void test_moved(void)
{
    static const uint32_t all[] = {0xf0001c23, 0x90000000, 0xf0fffff0,
                                   0xd07fffff};
    static uint8_t place[5 * 4096] __attribute__((aligned(4096)));
    uint32_t w = 0xd10083ff;
    struct insn insn;

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (int back = 0; back < 2; back++) {
            uint8_t *from = place + (back ? 4 * 4096 + 8 : 12);
            uint8_t *to = place + (back ? 4 : 3 * 4096);
            uint32_t rest;

            memcpy(from, &all[i], 4);
            CHECK(insn_read(from, 4, &insn));
            if (i == 3 && back) { /* the last page that it reaches */
                CHECK_INT(insn_move(from, &insn, to), 0);
                continue;
            }
            CHECK_INT(insn_move(from, &insn, to), 4);
            CHECK(page_of(from) == page_of(to));
            memcpy(&rest, to, 4);
            CHECK_INT(rest & 0x9f00001f, all[i] & 0x9f00001f);
        }
    memcpy(place, &w, 4);
    CHECK(insn_read(place, 4, &insn));
    CHECK_INT(insn_move(place, &insn, place + 64), 4);
    CHECK(memcmp(place, place + 64, 4) == 0);
}

/* What leads elsewhere, what is none. */
static void test_refused(void)
{
    static const uint32_t all[] = {
        0x14000001, /* b             */
        0x94000001, /* bl            */
        0x54000040, /* b.eq          */
        0x34000040, /* cbz           */
        0x37000040, /* tbnz          */
        0xd65f03c0, /* ret           */
        0xd61f0200, /* br x16        */
        0xd4000001, /* svc           */
        0xd4200000, /* brk           */
        0x10000040, /* adr           */
        0x58000040, /* ldr x0, = ... */
        0x1c000040, /* ldr s0, = ... */
        0x98000040, /* ldrsw, = ...  */
        0xd53bd040, /* mrs           */
        0x00000000, /* udf           */
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        CHECK(!known(all[i], 4));
}

/* A jump near and one far lead where they are to. */
static void test_anything(void)
{
    static uint8_t place[8192] __attribute__((aligned(4096)));
    uint32_t w;
    void *to;

    insn_put_jump(place, place + 4096);
    memcpy(&w, place, 4);
    CHECK_INT(w, 0x14000400);
    insn_put_jump(place + 4096, place);
    memcpy(&w, place + 4096, 4);
    CHECK_INT(w, 0x17fffc00);
    insn_put_far(place, place + 77);
    memcpy(&to, place + 8, sizeof(to));
    CHECK(to == place + 77);
    memcpy(place, &(uint32_t){0xd503245f}, 4); /* bti c */
    CHECK_INT(insn_landing(place), 4);
    memcpy(place, &(uint32_t){0xd503233f}, 4); /* paciasp is one itself */
    CHECK_INT(insn_landing(place), 0);
}

#else
static void test_known(void)
{
    SKIP("another processor");
}
static void test_moved(void)
{
    SKIP("another processor");
}
static void test_refused(void)
{
    SKIP("another processor");
}
static void test_anything(void)
{
    SKIP("another processor");
}
#endif

int main(void)
{
    RUN(test_known);
    RUN(test_moved);
    RUN(test_refused);
    RUN(test_anything);
    return check_done();
}
