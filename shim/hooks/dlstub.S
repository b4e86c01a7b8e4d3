/*
 * dlopen, dlmopen, dlsym, dlvsym: each ends in a jump to the true function, so that the
 * return address on the stack stays the application's: from it the dynamic
 * linker takes whose RUNPATH applies and what RTLD_NEXT means. A C compiler
 * promises no such jump.
 *
 *   dlopen(file, flags)         flags lose RTLD_DEEPBIND
 *   dlmopen(space, file, flags) the same in the program's own namespace (0);
 *                               in others the C function is asked
 *   dlsym(handle, name)         a pseudo handle (0: RTLD_DEFAULT, -1: RTLD_NEXT)
 *   dlvsym(handle, name, vers)  or a name we do not hook: straight on; else the
 *                               C function, which makes an ordinary call
 *
 * The true addresses are in dl.c; the first use of a stub calls dl_bind.
 */
#if defined(__x86_64__)

#if defined(__CET__)
#include <cet.h>
#else
#define _CET_ENDBR
#endif

/*
 * Calls \fn, with \arg if there is one, and keeps the stub's three arguments;
 * the stack stays aligned. The result is in eax.
 */
.macro KEEP_CALL fn, arg
        pushq %rdi
        .cfi_adjust_cfa_offset 8
        pushq %rsi
        .cfi_adjust_cfa_offset 8
        pushq %rdx
        .cfi_adjust_cfa_offset 8
.ifnb \arg
        movq \arg, %rdi
.endif
        call \fn
        popq %rdx
        .cfi_adjust_cfa_offset -8
        popq %rsi
        .cfi_adjust_cfa_offset -8
        popq %rdi
        .cfi_adjust_cfa_offset -8
.endm

.macro STUB name
        .globl \name
        .type \name, @function
        .p2align 4
\name:
        .cfi_startproc
        _CET_ENDBR
.endm

.macro STUB_END name
        .cfi_endproc
        .size \name, . - \name
.endm

.macro SYM_STUB name, real, known
        STUB \name
        cmpq $0, \real(%rip)
        jne 1f
        KEEP_CALL dl_bind
1:      leaq 1(%rdi), %rax
        cmpq $1, %rax
        jbe 2f
        KEEP_CALL dl_listed, %rsi
        testl %eax, %eax
        jne \known
2:      movq \real(%rip), %rax
        jmp *%rax
        STUB_END \name
.endm

        .text
        STUB dlopen
        cmpq $0, dl_real_open(%rip)
        jne 1f
        KEEP_CALL dl_bind
1:      andl dl_open_mask(%rip), %esi
        movq dl_real_open(%rip), %rax
        jmp *%rax
        STUB_END dlopen

        STUB dlmopen
        cmpq $0, dl_real_mopen(%rip)
        jne 1f
        KEEP_CALL dl_bind
1:      testq %rdi, %rdi
        je 2f
        KEEP_CALL dl_admits, %rsi
        testl %eax, %eax
        jne 3f
        xorl %edi, %edi
        leaq dl_refused(%rip), %rsi
2:      andl dl_open_mask(%rip), %edx
3:      movq dl_real_mopen(%rip), %rax
        jmp *%rax
        STUB_END dlmopen

        SYM_STUB dlsym, dl_real_sym, dl_sym
        SYM_STUB dlvsym, dl_real_vsym, dl_vsym

#elif defined(__aarch64__)

.macro LOAD reg, var
        adrp x16, \var
        ldr \reg, [x16, :lo12:\var]
.endm

/* The same, with the return address kept too. The result is in w17. */
.macro KEEP_CALL fn, arg
        stp x29, x30, [sp, #-48]!
        .cfi_adjust_cfa_offset 48
        .cfi_rel_offset x29, 0
        .cfi_rel_offset x30, 8
        stp x0, x1, [sp, #16]
        str x2, [sp, #32]
.ifnb \arg
        mov x0, \arg
.endif
        bl \fn
        mov x17, x0
        ldr x2, [sp, #32]
        ldp x0, x1, [sp, #16]
        ldp x29, x30, [sp], #48
        .cfi_adjust_cfa_offset -48
        .cfi_restore x29
        .cfi_restore x30
.endm

.macro STUB name
        .globl \name
        .type \name, %function
        .p2align 4
\name:
        .cfi_startproc
        hint #34 /* bti c */
.endm

.macro STUB_END name
        .cfi_endproc
        .size \name, . - \name
.endm

.macro SYM_STUB name, real, known
        STUB \name
        LOAD x17, \real
        cbnz x17, 1f
        KEEP_CALL dl_bind
1:      adds x16, x0, #1
        cmp x16, #1
        b.ls 2f
        KEEP_CALL dl_listed, x1
        cbnz w17, \known
2:      LOAD x17, \real
        br x17
        STUB_END \name
.endm

        .text
        STUB dlopen
        LOAD x17, dl_real_open
        cbnz x17, 1f
        KEEP_CALL dl_bind
1:      adrp x16, dl_open_mask
        ldr w16, [x16, :lo12:dl_open_mask]
        and w1, w1, w16
        LOAD x17, dl_real_open
        br x17
        STUB_END dlopen

        STUB dlmopen
        LOAD x17, dl_real_mopen
        cbnz x17, 1f
        KEEP_CALL dl_bind
1:      cbz x0, 2f
        KEEP_CALL dl_admits, x1
        cbnz w17, 3f
        mov x0, #0
        adrp x1, dl_refused
        add x1, x1, :lo12:dl_refused
2:      adrp x16, dl_open_mask
        ldr w16, [x16, :lo12:dl_open_mask]
        and w2, w2, w16
3:      LOAD x17, dl_real_mopen
        br x17
        STUB_END dlmopen

        SYM_STUB dlsym, dl_real_sym, dl_sym
        SYM_STUB dlvsym, dl_real_vsym, dl_vsym

#else
#error "dlstub.S: no stubs for this processor"
#endif

        .section .note.GNU-stack, "", %progbits
