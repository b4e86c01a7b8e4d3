#ifndef SP_HOOKS_INSN_H
#define SP_HOOKS_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Machine code, as far as moving the beginning of a function needs it; one file
 * for each processor. Of instructions only those that compilers put there are
 * known; what leads elsewhere by a distance that cannot be corrected never is.
 *
 * Sources: Intel SDM, volume 2, chapter 2 and appendix A. Arm Architecture
 * Reference Manual (DDI 0487), C4.1.
 */
#if defined(__x86_64__)
#define INSN_JUMP  5           /* bytes of a jump over a distance    */
#define INSN_FAR   14          /* of one to any address              */
#define INSN_REACH 0x7fff0000L /* how far the first of them leads    */
#define INSN_MOVED 20          /* bytes that INSN_JUMP may fall upon */
#elif defined(__aarch64__)
#define INSN_JUMP  4
#define INSN_FAR   16
#define INSN_REACH 0x7ff0000L
#define INSN_MOVED 4
#endif

struct insn {
    size_t len;    /* bytes, 1 to 15                                        */
    size_t rip_at; /* offset of a 32-bit distance from the instruction's end;
                      0: there is none                                      */
    bool near;     /* a jump, its last byte the distance from its end       */
};

/*
 * insn_read - the instruction at p, of which n bytes may be read. false: it is
 * cut off or not known.
 */
bool insn_read(const uint8_t *p, size_t n, struct insn *ret_insn);

/*
 * insn_move - writes an instruction that stands at `from` to `to`, where it
 * does the same: at most INSN_MOVED + 4 bytes. Gives how many; 0: its distance
 * is too great there, or what it leads to may be moved itself.
 */
size_t insn_move(const uint8_t *from, const struct insn *insn, uint8_t *to);

/*
 * insn_landing - bytes at the start of a function that must stay there, since
 * indirect calls may only end on them: an endbr64 or a BTI.
 */
size_t insn_landing(const uint8_t *p);

/* insn_put_jump - INSN_JUMP bytes at p that lead to a place within reach. */
void insn_put_jump(uint8_t *p, const uint8_t *to);

/*
 * insn_put_far - INSN_FAR bytes at p, a multiple of 4, that lead anywhere. `to`
 * may be the middle of a function.
 */
void insn_put_far(uint8_t *p, const void *to);

#endif
