#ifndef SP_HOOKS_MARKER_H
#define SP_HOOKS_MARKER_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * The data object "sallyport_marker", the only exported name that is no hook.
 * A second copy of the shim in one process finds the first one's by this name
 * and stays transparent; tests and the command read the counters. Fields are
 * only ever added at the end; `size` tells a reader how many there are.
 */
#define SHIM_MARKER_VERSION 1

struct shim_marker {
    uint32_t version;         /* SHIM_MARKER_VERSION                          */
    uint32_t size;            /* sizeof(struct shim_marker) of the shim       */
    _Atomic uint64_t guarded; /* client sessions handed to the engine    */
    _Atomic uint64_t passed;  /* sessions left alone: servers, other hosts */
    _Atomic uint64_t handshakes; /* finished ones of client sessions         */
    _Atomic uint64_t blocked;    /* sessions ended by an answer of ours      */
    _Atomic uint64_t failed;     /* sessions ended by a queued TLS error     */
    _Atomic uint64_t unwoken;    /* blocks whose socket was not found        */
    _Atomic uint64_t state;      /* enum shim_state                          */
    const char *policy;          /* path of the image; NULL if none is set   */
    _Atomic uint64_t unpatched;  /* programs whose own TLS is out of reach   */
    _Atomic uint64_t unseen;     /* TLS and QUIC to watched hosts that is not
                                    guarded: refused, or only told           */
};

/* How far the shim has come. A reader may meet values that it does not know. */
enum shim_state {
    SHIM_IDLE,   /* the engine is loaded at the first need           */
    SHIM_READY,  /* engine and policy stand                          */
    SHIM_FAILED, /* one of them cannot be used                       */
    SHIM_OFF,    /* raised rights, or another copy: all calls pass   */
};

extern struct shim_marker sallyport_marker;

/* marker_add - count one; never orders other memory. */
static inline void marker_add(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

#endif
