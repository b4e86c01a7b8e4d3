/*
 * What insn_read says of instructions, against what objdump says of the same:
 * on stdin the output of `objdump -d --insn-width=15`. An instruction that is
 * known must have objdump's length and distance, and if it leads elsewhere, be
 * one whose distance is known.
 * Prints how many are known, of how many; exit 1 if one is wrong.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One of them is empty. NOLINTBEGIN(bugprone-suspicious-include) */
#include "../../shim/hooks/insn_arm64.c"
#include "../../shim/hooks/insn_x86.c"
/* NOLINTEND(bugprone-suspicious-include) */

static size_t bytes_of(const char *text, uint8_t code[16])
{
    size_t n = 0;
    unsigned byte;

    while (n < 15 && isxdigit((unsigned char)text[3 * n]) &&
           sscanf(text + 3 * n, "%2x", &byte) == 1)
        code[n++] = (uint8_t)byte;
    return n;
}

/* Up to the operands, with the prefixes that objdump names. */
static bool leads_away(const char *name)
{
    static const char *const names[] = {"call", "ret", "loop", "syscall",
                                        "int3", "ud2", "hlt",  "xbegin"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strstr(name, names[i]))
            return true;
    return name[1] == 'j' || strstr(name, " j");
}

/* Data between the functions. */
static bool is_none(const char *name)
{
    return strstr(name, "(bad)") || strstr(name, ".byte") ||
           strstr(name, "\trex");
}

int main(void)
{
    static char line[4096];
    unsigned long all = 0, known = 0, wrong = 0;

    while (fgets(line, sizeof(line), stdin)) {
        char *text = strchr(line, '\t'), *name;
        uint8_t code[16] = {0};
        struct insn insn;
        size_t n;

        if (!text || !(name = strchr(text + 1, '\t')) || is_none(name))
            continue;
        if (strchr(name, '#') || strchr(name, '<')) /* names of places */
            name[strcspn(name, "#<")] = '\0';
        n = bytes_of(text + 1, code);
        all++;
        if (!insn_read(code, sizeof(code), &insn))
            continue;
        known++;
        if (insn.len == n &&
            leads_away(name) <= (insn.rip_at > 0 || insn.near) &&
            (insn.rip_at > 0 || insn.near) ==
                (leads_away(name) || strstr(name, "(%rip)")) &&
            !insn_read(code, n - 1, &insn))
            continue;
        wrong++;
        fputs(line, stdout);
    }
    printf("%lu %lu\n", known, all);
    return wrong > 0;
}
