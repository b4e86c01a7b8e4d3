/* link: -lz */
#include "rules/sum.h"

#include <zlib.h>

#include "check.h"
#include "page_end.h"
#include "rnd.h"

/* The same as zlib's, of texts of all lengths around whole blocks. */
static void test_same(void)
{
    char bytes[700];

    for (size_t round = 0; round < 20; round++)
        for (size_t n = 0; n < sizeof(bytes); n++) {
            struct str s;

            for (size_t i = 0; i < n; i++)
                bytes[i] = (char)(round == 0   ? 0
                                  : round == 1 ? 0xff
                                               : rnd(256));
            s = page_end((struct str){bytes, n});
            CHECK_INT(sum_of(s),
                      crc32(0, (const unsigned char *)s.ptr, (unsigned)n));
        }
    CHECK_INT(sum_of(STR("123456789")), 0xcbf43926);
}

int main(void)
{
    RUN(test_same);
    return check_done();
}
