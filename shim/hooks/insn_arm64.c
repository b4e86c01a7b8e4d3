/*
 * Every instruction is a word, so one is all a jump falls upon. Of those that
 * count a distance from their own place, ADRP counts pages, as far as 4 GB: it
 * is moved. The others are refused: ADR, loads of literals, all branches.
 */
#include "hooks/insn.h"

#if defined(__aarch64__)

#include <string.h>

#define BTI_C  0xd503245fU
#define BTI_JC 0xd50324dfU

#define PAGE      4096 /* of ADRP, whatever the system's pages are */
#define ADRP_FAR  (1L << 20)
#define ADRP_BITS 0x60ffffe0U /* of its distance: 29 and 30 the low ones */

static uint32_t word(const uint8_t *p)
{
    uint32_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

bool insn_read(const uint8_t *p, size_t n, struct insn *ret_insn)
{
    uint32_t w, group;

    if (n < 4)
        return false;
    w = word(p);
    group = w >> 25 & 15;
    if (w >> 24 == 0xd5) { /* only hints: PACIASP, NOP, BTI */
        if ((w & 0xfffff01fU) != 0xd503201fU)
            return false;
    } else if ((group & 14) == 10) { /* branches and exceptions */
        return false;
    } else if (group < 8 && (group & 5) != 4 && (group & 7) != 5 &&
               (group & 7) != 7) { /* unallocated, SVE, SME */
        return false;
    } else if ((w & 0x9f000000U) == 0x10000000U || /* ADR              */
               (w & 0x3b000000U) == 0x18000000U) { /* loads of literals */
        return false;
    }
    *ret_insn = (struct insn){.len = 4};
    return true;
}

static intptr_t page_of(const uint8_t *p)
{
    return (intptr_t)((uintptr_t)p / PAGE);
}

size_t insn_move(const uint8_t *from, const struct insn *insn, uint8_t *to)
{
    uint32_t w = word(from);

    if ((w & 0x9f000000U) == 0x90000000U) { /* ADRP */
        intptr_t d = (intptr_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);

        d = (d ^ ADRP_FAR) - ADRP_FAR; /* its sign */
        d += page_of(from) - page_of(to);
        if (d < -ADRP_FAR || d >= ADRP_FAR)
            return 0;
        w = (w & ~ADRP_BITS) | (uint32_t)(d & 3) << 29 |
            ((uint32_t)(d >> 2) & 0x7ffff) << 5;
    }
    memcpy(to, &w, insn->len);
    return insn->len;
}

size_t insn_landing(const uint8_t *p)
{
    return word(p) == BTI_C || word(p) == BTI_JC ? 4 : 0;
}

void insn_put_jump(uint8_t *p, const uint8_t *to)
{
    uint32_t w = 0x14000000U | ((uint32_t)((to - p) / 4) & 0x03ffffffU); /* B */

    memcpy(p, &w, sizeof(w));
}

/* RET may end where no BTI stands. */
void insn_put_far(uint8_t *p, const void *to)
{
    static const uint32_t code[2] = {0x58000050, 0xd65f0200}; /* LDR X16, RET */

    memcpy(p, code, sizeof(code));
    memcpy(p + sizeof(code), &to, sizeof(to));
}

#endif
