#include "hooks/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/host.h"

/* Without a pointer, which would have to be set at every program's start. */
static const char builtin[][40] = {
    "api.openai.com",
    ".api.openai.com",
    ".openai.azure.com",
    ".services.ai.azure.com",
    ".inference.ai.azure.com",
    "models.inference.ai.azure.com",
    "models.github.ai",
    "api.githubcopilot.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
    "*-aiplatform.googleapis.com",
    "bedrock-runtime.*.amazonaws.com",
    "bedrock-runtime-fips.*.amazonaws.com",
    "api.mistral.ai",
    "codestral.mistral.ai",
    "api.cohere.com",
    "api.cohere.ai",
    "api.groq.com",
    "openrouter.ai",
    "api.deepseek.com",
    "api.x.ai",
    "api.perplexity.ai",
    "ollama.com",
    "api.together.xyz",
    "api.together.ai",
    "api.fireworks.ai",
    "api.cerebras.ai",
    "api.replicate.com",
    "api-inference.huggingface.co",
    "router.huggingface.co",
    "api.ai21.com",
    "api.voyageai.com",
    "api.moonshot.ai",
    "api.moonshot.cn",
    "dashscope.aliyuncs.com",
    "dashscope-intl.aliyuncs.com",
    "integrate.api.nvidia.com",
};

static bool matches(struct str host, struct str name)
{
    size_t star = str_find_byte(name, '*');
    struct str head = str_head(name, star), tail;

    if (name.len == 0)
        return false;
    if (name.ptr[0] == '.')
        return host.len > name.len && str_ends_nocase(host, name);
    if (star == name.len)
        return str_eq_nocase(host, host_plain(name));
    tail = str_skip(name, star + 1);
    return host.len > head.len + tail.len &&
           str_eq_nocase(str_head(host, head.len), head) &&
           str_ends_nocase(host, tail);
}

/* The next name of a list, which moves on behind it. */
static struct str next_name(struct str *rest)
{
    size_t comma = str_find_byte(*rest, ',');

    return str_trim(
        str_split(rest, comma < str_find_byte(*rest, '\n') ? ',' : '\n'));
}

uint16_t hosts_cut_port(struct str *name)
{
    size_t end = str_starts(*name, STR("[")) ? str_find_byte(*name, ']') : 0;
    struct str rest = str_skip(*name, end);
    struct str head = str_split(&rest, ':');
    uint64_t port;

    if (!rest.ptr || str_u64(rest, &port) || port > UINT16_MAX)
        return 0;
    *name = str_head(*name, end + head.len);
    return (uint16_t)port;
}

bool hosts_listed(struct str host, uint16_t port, struct str extra)
{
    host = host_plain(host);
    for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
        if (matches(host, str_of(builtin[i])))
            return true;
    while (extra.ptr) {
        struct str name = next_name(&extra);
        uint16_t want = hosts_cut_port(&name);

        if ((want == 0 || port == 0 || want == port) && matches(host, name))
            return true;
    }
    return false;
}

static bool is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* Whole lines only: half a name is another host's. */
static enum err read_lines(int fd, struct buf *out)
{
    size_t room = out->max - out->len;
    long n;
    enum err e;

    if ((e = buf_reserve(out, room)))
        return e;
    n = syscall(SYS_read, fd, out->ptr + out->len, room);
    if (n < 0)
        return E_UNSUPPORTED;
    if ((size_t)n == room)
        while (n > 0 && out->ptr[out->len + (size_t)n - 1] != '\n')
            n--;
    out->len += (size_t)n;
    return OK;
}

/* -1 where there is no such regular file. */
static int open_beside(const char *image)
{
    char path[PATH_MAX];
    struct str suffix = STR(".hosts");
    size_t len = strlen(image);
    int fd;

    if (len + suffix.len >= sizeof(path))
        return -1;
    memcpy(path, image, len);
    memcpy(path + len, suffix.ptr, suffix.len);
    path[len + suffix.len] = '\0';
    fd = (int)syscall(SYS_openat, AT_FDCWD, path,
                      O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || is_file(fd))
        return fd;
    (void)syscall(SYS_close, fd);
    return -1;
}

enum err hosts_read(const char *image, struct buf *out)
{
    int fd = open_beside(image);
    enum err e;

    if (fd < 0)
        return E_UNSUPPORTED;
    e = read_lines(fd, out);
    (void)syscall(SYS_close, fd);
    return e;
}

bool hosts_refuse_uncovered(const char *image)
{
    char line[sizeof(HOSTS_REFUSE_UNCOVERED) - 1];
    int saved = errno;
    int fd = open_beside(image);
    bool refuse = false;

    if (fd >= 0) {
        refuse =
            syscall(SYS_read, fd, line, sizeof(line)) == (long)sizeof(line) &&
            memcmp(line, HOSTS_REFUSE_UNCOVERED, sizeof(line)) == 0;
        (void)syscall(SYS_close, fd);
    }
    errno = saved;
    return refuse;
}

struct str hosts_of_request(struct str plain, uint16_t *ret_port)
{
    struct str none = {NULL, 0};

    plain = str_head(plain, str_find(plain, STR("\r\n\r\n")));
    while (plain.ptr) {
        struct str line = str_split(&plain, '\n');
        struct str name = str_split(&line, ':');

        if (line.ptr && str_eq_nocase(name, STR("host"))) {
            uint16_t port;

            line = str_trim(str_head(line, str_find_byte(line, '\r')));
            port = hosts_cut_port(&line);
            if (ret_port)
                *ret_port = port;
            /* What is no port is not part of the name either. */
            return str_starts(line, STR("["))
                       ? line
                       : str_head(line, str_find_byte(line, ':'));
        }
    }
    return none;
}
