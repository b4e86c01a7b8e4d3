#ifndef SP_BASE_CPU_H
#define SP_BASE_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Loops over text are built twice on x86-64: for any such processor, and, from
 * the same source where it is one, for those with AVX2; where tables are asked
 * or bytes moved about, for those with AVX-512. Which of them runs is asked at
 * the call, with a flag that libgcc set before any constructor of ours: no
 * symbol has to be resolved at load, where a preloaded object is met half
 * relocated.
 */
#if defined(__x86_64__)
#define CPU_AVX2 1
#define FOR_AVX2 __attribute__((target("avx2")))
#define FOR_AVX512                                                             \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,"  \
                          "avx512bitalg,gfni,bmi,bmi2,popcnt")))
#else
#define CPU_AVX2 0
#define FOR_AVX2
#define FOR_AVX512
#endif

/* Of what is called by what is built twice, to be built with it. */
#define INLINE inline __attribute__((always_inline))

static inline bool cpu_avx2(void)
{
#if CPU_AVX2
    return __builtin_cpu_supports("avx2") != 0;
#else
    return false;
#endif
}

/* AVX-512 with permutations and compressions of bytes, and matrices of bits:
 * Intel's since Ice Lake, AMD's since Zen 4. */
static inline bool cpu_avx512(void)
{
#if CPU_AVX2
    return __builtin_cpu_supports("avx512vbmi2") != 0 &&
           __builtin_cpu_supports("avx512vbmi") != 0 &&
           __builtin_cpu_supports("avx512bitalg") != 0 &&
           __builtin_cpu_supports("gfni") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512bw") != 0;
#else
    return false;
#endif
}

/* For shuffles of bytes: by a number, its bit; by one of 8 and more, that of
 * the number less 8. And for matrices of bits: the one that changes nothing. */
#define CPU_BITS INT64_C(-0x7fbfdfeff7fbfdff)

/* first_bits - of a mask of 64 bytes, those of the first n, or of all if there
 * are more. */
static inline uint64_t first_bits(size_t n)
{
    return n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* How many bytes at once. */
enum cpu_step {
    CPU_1,
    CPU_32,
    CPU_64
};

static inline enum cpu_step cpu_step(void)
{
    return cpu_avx512() ? CPU_64 : cpu_avx2() ? CPU_32 : CPU_1;
}

#endif
