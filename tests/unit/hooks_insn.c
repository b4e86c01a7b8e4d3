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
