#include "hooks/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/host.h"
#include "hooks/real.h"

/* Without a pointer, which would have to be set at every program's start. */
static const char builtin[][48] = {
    "api.openai.com",
    ".api.openai.com",
    ".openai.azure.com",
    ".services.ai.azure.com",
    ".cognitiveservices.azure.com",
    ".inference.ai.azure.com",
    "models.inference.ai.azure.com",
    "models.github.ai",
    "api.githubcopilot.com",
    "api.anthropic.com",
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
    "*-aiplatform.googleapis.com",
    "aiplatform.*.rep.googleapis.com",
    "bedrock-runtime.*.amazonaws.com",
    "bedrock-runtime.*.amazonaws.com.cn",
    "bedrock-runtime.*.api.aws",
    "bedrock-runtime-fips.*.amazonaws.com",
    "bedrock-runtime-fips.*.api.aws",
    "*.bedrock-runtime.*.vpce.amazonaws.com",
    "*.bedrock-runtime.*.vpce.amazonaws.com.cn",
    "*.bedrock-runtime-fips.*.vpce.amazonaws.com",
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
    "api.z.ai",
    "api.novita.ai",
    "api.studio.nebius.com",
    "us.inference.heroku.com",
    "api.inference.crusoecloud.com",
    ".endpoints.huggingface.cloud",
};

static bool matches(struct str host, struct str name)
{
    if (name.len == 0)
        return false;
    if (name.ptr[0] == '.')
        return host.len > name.len && str_ends_nocase(host, name);
    if (str_find_byte(name, '*') < name.len)
        return host_like(name, host);
    return str_eq_nocase(host, host_plain(name));
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
    for (size_t i = 0; i < ARRAY_LEN(builtin); i++)
        if (matches(host_plain(host), str_of(builtin[i])))
            return true;
    return hosts_among(host, port, extra);
}

bool hosts_among(struct str host, uint16_t port, struct str list)
{
    host = host_plain(host);
    while (list.ptr) {
        struct str name = next_name(&list);
        uint16_t want = hosts_cut_port(&name);

        if ((want == 0 || port == 0 || want == port) && matches(host, name))
            return true;
    }
    return false;
}

static bool is_file(int fd)
{
    struct stat st;

    return LIBC(fstat)(fd, &st) == 0 && S_ISREG(st.st_mode);
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

/* Piece by piece, each of whole lines; one that is longer names no host. */
static bool among_lines(int fd, struct str host, uint16_t port)
{
    char piece[4096];
    size_t kept = 0;
    long n;

    while ((n = syscall(SYS_read, fd, piece + kept, sizeof(piece) - kept)) >
           0) {
        struct str all = {piece, kept + (size_t)n};
        size_t whole = all.len;

        while (whole > 0 && piece[whole - 1] != '\n')
            whole--;
        if (hosts_among(host, port, str_head(all, whole)))
            return true;
        kept = all.len - whole < sizeof(piece) ? all.len - whole : 0;
        memmove(piece, piece + whole, kept);
    }
    return kept > 0 && hosts_among(host, port, (struct str){piece, kept});
}

enum err hosts_beside(const char *image, struct str host, uint16_t port,
                      bool *ret_listed)
{
    int saved = errno;
    int fd = open_beside(image);

    if (fd >= 0) {
        *ret_listed = among_lines(fd, host, port);
        (void)syscall(SYS_close, fd);
    }
    errno = saved;
    return fd >= 0 ? OK : E_UNSUPPORTED;
}

bool hosts_say(const char *image, struct str line)
{
    char front[128]; /* all lines of this kind */
    int saved = errno;
    int fd = open_beside(image);
    struct str rest = {front, 0};
    bool said = false;

    if (fd >= 0) {
        long n = syscall(SYS_read, fd, front, sizeof(front));

        rest.len = n > 0 ? (size_t)n : 0;
        (void)syscall(SYS_close, fd);
    }
    while (!said && str_starts(rest, STR("#"))) {
        said = str_starts(rest, line);
        rest = str_skip(rest, str_find_byte(rest, '\n') + 1);
    }
    errno = saved;
    return said;
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
