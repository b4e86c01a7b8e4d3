/*
 * Every instruction is a word, so one is all a jump falls upon. What counts a
 * distance from its own place is refused: ADR and ADRP, loads of literals, all
 * branches.
 */
#include "hooks/insn.h"

#if defined(__aarch64__)

#include <string.h>

#define BTI_C  0xd503245fU
#define BTI_JC 0xd50324dfU

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
    } else if ((w & 0x1f000000U) == 0x10000000U || /* ADR, ADRP        */
               (w & 0x3b000000U) == 0x18000000U) { /* loads of literals */
        return false;
    }
    *ret_insn = (struct insn){.len = 4};
    return true;
}

size_t insn_move(const uint8_t *from, const struct insn *insn, uint8_t *to)
{
    memcpy(to, from, insn->len);
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
