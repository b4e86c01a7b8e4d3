/*
 * An instruction is: prefixes, REX, opcode, ModRM, SIB, displacement,
 * immediate. What follows an opcode stands in one table for each of the two
 * maps of opcodes; everything that is not in it is not known.
 */
#include "hooks/insn.h"

#if defined(__x86_64__)

#include <string.h>

enum form {
    NONE,  /* not known: also what changes the flow    */
    BARE,  /* the opcode is all                         */
    FAR,   /* a call or jump over four bytes' distance */
    NEAR,  /* a jump over one byte's                   */
    I8,    /* an immediate of a byte                    */
    IZ,    /* of four bytes, of two with prefix 66      */
    IV,    /* as IZ, of eight with REX.W                */
    REG,   /* ModRM                                     */
    REG8,  /* ModRM, and a byte                         */
    REGZ,  /* ModRM, and as IZ                          */
    TEST8, /* REG8 for /0 and /1, else REG             */
    TESTZ, /* REGZ for /0 and /1, else REG             */
    MOV8,  /* REG8, but only /0 is one                 */
    MOVZ,  /* REGZ, the same: /7 begins a transaction  */
    CALLS, /* REG, but /2 to /5 are calls and jumps    */
};

/* Eight operations that lie alike: ADD OR ADC SBB AND SUB XOR CMP. */
#define ALU(at)                                                                \
    [(at)] = REG, [(at) + 1] = REG, [(at) + 2] = REG, [(at) + 3] = REG,        \
    [(at) + 4] = I8, [(at) + 5] = IZ

static const uint8_t one[256] = {
    ALU(0x00),
    ALU(0x08),
    ALU(0x10),
    ALU(0x18),
    ALU(0x20),
    ALU(0x28),
    ALU(0x30),
    ALU(0x38),
    [0x50 ... 0x5f] = BARE, /* PUSH, POP              */
    [0x63] = REG,           /* MOVSXD                 */
    [0x68] = IZ,            /* PUSH                   */
    [0x69] = REGZ,          /* IMUL                   */
    [0x6a] = I8,            /* PUSH                   */
    [0x6b] = REG8,          /* IMUL                   */
    [0x70 ... 0x7f] = NEAR, /* Jcc                    */
    [0x80] = REG8,
    [0x81] = REGZ,
    [0x83] = REG8,
    [0x84 ... 0x8b] = REG, /* TEST, XCHG, MOV        */
    [0x8d] = REG,          /* LEA                    */
    [0x90] = BARE,         /* NOP                    */
    [0x98 ... 0x99] = BARE,
    [0xa8] = I8,
    [0xa9] = IZ, /* TEST */
    [0xb0 ... 0xb7] = I8,
    [0xb8 ... 0xbf] = IV, /* MOV */
    [0xc0 ... 0xc1] = REG8,
    [0xc6] = MOV8,
    [0xc7] = MOVZ,
    [0xd0 ... 0xd3] = REG,
    [0xe8 ... 0xe9] = FAR, /* CALL, JMP */
    [0xeb] = NEAR,         /* JMP       */
    [0xf6] = TEST8,
    [0xf7] = TESTZ,
    [0xfe] = REG,
    [0xff] = CALLS,
};

/* Behind 0F. */
static const uint8_t two[256] = {
    [0x10 ... 0x11] = REG, [0x12] = REG,          [0x14] = REG,
    [0x16] = REG,          [0x1e ... 0x1f] = REG, /* ENDBR64 with F3, NOP   */
    [0x28 ... 0x29] = REG, [0x2a] = REG,          [0x2c ... 0x2f] = REG,
    [0x40 ... 0x4f] = REG, /* CMOVcc                 */
    [0x51] = REG,          [0x54] = REG,          [0x57 ... 0x59] = REG,
    [0x5c] = REG,          [0x5e] = REG,          [0x60 ... 0x62] = REG,
    [0x6c ... 0x6f] = REG, [0x70] = REG8,         [0x7e ... 0x7f] = REG,
    [0x80 ... 0x8f] = FAR, /* Jcc */
    [0x90 ... 0x9f] = REG, /* SETcc */
    [0xa3] = REG,          [0xab] = REG,          [0xaf] = REG,
    [0xb3] = REG,          [0xb6 ... 0xb7] = REG, [0xba] = REG8,
    [0xbb ... 0xbf] = REG, [0xc6] = REG8,         [0xd4] = REG,
    [0xd6] = REG,          [0xeb] = REG,          [0xef] = REG,
    [0xfa ... 0xfb] = REG, [0xfe] = REG,
};

struct place {
    const uint8_t *p;
    size_t n, at;
    bool wide; /* REX.W     */
    bool half; /* prefix 66 */
};

static bool is_prefix(uint8_t b)
{
    return b == 0x64 || b == 0x65 || b == 0x66 || b == 0xf2 || b == 0xf3;
}

static void prefixes(struct place *x)
{
    while (x->at < x->n && is_prefix(x->p[x->at]))
        x->half |= x->p[x->at++] == 0x66;
    if (x->at < x->n && (x->p[x->at] & 0xf0) == 0x40)
        x->wide = x->p[x->at++] & 8;
}

/* ModRM, SIB and displacement; where that is one to RIP, its place. */
static bool operand(struct place *x, size_t *rip_at)
{
    uint8_t modrm, mod, rm;
    size_t disp = 0;

    if (x->at >= x->n)
        return false;
    modrm = x->p[x->at++];
    mod = modrm >> 6;
    rm = modrm & 7;
    if (mod == 3)
        return true;
    if (rm == 4) {
        if (x->at >= x->n)
            return false;
        if (mod == 0 && (x->p[x->at] & 7) == 5)
            disp = 4;
        x->at++;
    } else if (mod == 0 && rm == 5) {
        *rip_at = x->at;
        disp = 4;
    }
    x->at += mod == 1 ? 1 : mod == 2 ? 4 : disp;
    return true;
}

bool insn_read(const uint8_t *p, size_t n, struct insn *ret_insn)
{
    struct place x = {.p = p, .n = n};
    size_t rip_at = 0, iz;
    uint8_t op, reg;
    enum form form;

    prefixes(&x);
    if (x.at >= n)
        return false;
    op = p[x.at++];
    form = one[op];
    if (op == 0x0f) {
        if (x.at >= n)
            return false;
        form = two[p[x.at++]];
    }
    iz = x.half ? 2 : 4;
    reg = x.at < n ? p[x.at] >> 3 & 7 : 0;
    if (form == NONE || (form == CALLS && reg >= 2 && reg <= 5) ||
        ((form == MOV8 || form == MOVZ) && reg > 0))
        return false;
    if (form >= REG)
        if (!operand(&x, &rip_at))
            return false;
    if (form == I8 || form == REG8 || form == MOV8 ||
        (form == TEST8 && reg < 2))
        x.at += 1;
    if (form == IZ || form == REGZ || form == MOVZ ||
        (form == TESTZ && reg < 2))
        x.at += iz;
    if (form == IV)
        x.at += x.wide ? 8 : iz;
    if ((form == FAR || form == NEAR) && x.half)
        return false; /* means another thing to each maker of processors */
    if (form == FAR) {
        rip_at = x.at;
        x.at += 4;
    }
    if (form == NEAR)
        x.at += 1;
    if (x.at > n || x.at > 15)
        return false;
    *ret_insn = (struct insn){x.at, rip_at, form == NEAR};
    return true;
}

/* A short jump becomes the long one of its kind. */
static size_t move_near(const uint8_t *from, const struct insn *insn,
                        uint8_t *to, int64_t *ret_far)
{
    uint8_t op = from[insn->len - 2];
    int8_t by = (int8_t)from[insn->len - 1];
    size_t n = 0;

    if (by < INSN_MOVED) /* back, or into what is moved too */
        return 0;
    if (op == 0xeb) {
        to[n++] = 0xe9;
    } else {
        to[n++] = 0x0f;
        to[n++] = op + 0x10;
    }
    n += 4;
    *ret_far = by + (from + insn->len - (to + n));
    return n;
}

size_t insn_move(const uint8_t *from, const struct insn *insn, uint8_t *to)
{
    size_t n = insn->len, at = insn->rip_at;
    int64_t d = 0;
    int32_t far;

    if (insn->near) {
        n = move_near(from, insn, to, &d);
        at = n < 4 ? 0 : n - 4;
    } else {
        memcpy(to, from, n);
        if (at > 0) {
            memcpy(&far, from + at, sizeof(far));
            d = far + (int64_t)(from - to);
        }
    }
    if (d < INT32_MIN || d > INT32_MAX)
        return 0;
    far = (int32_t)d;
    if (at > 0)
        memcpy(to + at, &far, sizeof(far));
    return n;
}

size_t insn_landing(const uint8_t *p)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

    return memcmp(p, endbr64, sizeof(endbr64)) ? 0 : sizeof(endbr64);
}

void insn_put_jump(uint8_t *p, const uint8_t *to)
{
    int32_t far = (int32_t)(to - (p + INSN_JUMP));

    p[0] = 0xe9; /* JMP rel32 */
    memcpy(p + 1, &far, sizeof(far));
}

void insn_put_far(uint8_t *p, const void *to)
{
    static const uint8_t code[6] = {0xff, 0x25}; /* JMP [RIP + 0] */

    memcpy(p, code, sizeof(code));
    memcpy(p + sizeof(code), &to, sizeof(to));
}

#endif
