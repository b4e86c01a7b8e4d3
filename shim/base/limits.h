#ifndef SP_BASE_LIMITS_H
#define SP_BASE_LIMITS_H

/*
 * Every bound of the engine, why it is what it is, and which condition of
 * policy/fail.h it raises.
 */
#define KIB 1024u
#define MIB (1024u * 1024u)

/* HTTP/1.1 heads: what nginx and HAProxy take by default, rounded up. */
#define LIM_HEAD_LINE   (16 * KIB) /* one line; http_limit               */
#define LIM_HEAD        (64 * KIB) /* all lines of one head; http_limit  */
#define LIM_HEAD_FIELDS 200        /* field lines in one head; http_limit */
#define LIM_METHOD      32 /* the longest registered has 17; http_limit */

/* Chunked bodies (RFC 9112, 7.1). */
#define LIM_CHUNK_DIGITS 16         /* a size of 64 bits; http_ambiguous  */
#define LIM_CHUNK_EXT    (1 * KIB)  /* extension bytes of one chunk line  */
#define LIM_CHUNK_EXTS   (16 * KIB) /* the same over a whole body         */
#define LIM_TRAILERS     (16 * KIB) /* trailer section; http_limit        */

/* Chunks re-framed: whole where senders write them, blocks above; http_limit */
#define LIM_RECHUNK_HOLD  (1 * MIB)  /* a chunk kept whole, with its line   */
#define LIM_RECHUNK_BLOCK (64 * KIB) /* content of each chunk of a larger   */
#define LIM_RECHUNK_LINES (4 * MIB)  /* lines that wait for their content   */
#define LIM_RECHUNK_OUT   (16 * MIB) /* what one chunk may grow to          */

/* Bodies held whole to be judged; the images of a vision prompt fit. */
#define LIM_REQUEST_BODY  (8 * MIB) /* request_limit                      */
#define LIM_RESPONSE_BODY (8 * MIB) /* response_limit                     */

/* multipart/form-data: an upload has a handful of parts; body_unknown. */
#define LIM_PARTS     256
#define LIM_PART_HEAD (8 * KIB) /* the head of one part */

/* Kept of a buffer's memory between messages: what most of them need. */
#define LIM_BUF_KEEP (256 * KIB)

/* Decoded content (wire-level bombs): the ratio counts above 1 MiB out. */
#define LIM_DECODED       (8 * MIB) /* coding                             */
#define LIM_DECODED_RATIO 200       /* out : in; coding                   */
#define LIM_DECODED_FREE  (1 * MIB) /* output to which no ratio applies   */
#define LIM_DECODE_STEP   (64 * KIB)
#define LIM_DECODE_US     100000 /* processor time of one body; coding    */

/* Streams. */
#define LIM_EVENT       (1 * MIB)   /* one event or line; stream_limit      */
#define LIM_EVENT_SHAPE (8 * KIB)   /* an event kept to know the next by it */
#define LIM_HELD_RAW    (4 * MIB)   /* events held in the queue             */
#define LIM_HELD_IDLE   (16 * KIB)  /* of others, at least, before one rests */
#define LIM_AGAIN       8           /* times what came is judged again      */
#define LIM_PAST        (4 * KIB)   /* of a text, kept for when it goes on  */
#define LIM_CHANNELS    512         /* channels of one stream               */
#define LIM_CHAN_KEEP   256         /* from so many on, ended ones go       */
#define LIM_HOLD        512         /* default max_hold of a rule, bytes    */
#define LIM_HOLD_MAX    (64 * KIB)  /* largest max_hold a rule may name     */
#define LIM_HOLD_STEP   64          /* caps are tested at these offsets     */
#define LIM_LOOKBEHIND  63          /* characters; 64 are kept as context   */
#define LIM_HOLD_EXTENT (16 * KIB)  /* a tag, a list; decode_capped          */
#define LIM_HOLD_CHAIN  (128 * KIB) /* findings that overlap; rule_error   */

/*
 * AWS event streams: the real ones have three headers a message. JSON in base64
 * is longer by a third, and so is the message that is held.
 */
#define LIM_ES_HEADERS 64                 /* of one message; stream_limit */
#define LIM_ES_HELD    (3 * LIM_HELD_RAW) /* messages held; stream_limit  */

/* WebSocket: a client's message is a request, a server's is an event. */
#define LIM_TALK_HELD (5 * LIM_HELD_RAW) /* frames held; stream_limit */

/* JSON. */
#define LIM_JSON_DEPTH 128     /* json_invalid                          */
#define LIM_JSON_NODES 1000000 /* values of one document; json_invalid  */

/* Views and findings. */
#define LIM_VIEW_ARENA  (64 * MIB) /* unescaped text of one body            */
#define LIM_VIEW_ACTIVE 4096       /* path states open at once; json_invalid */
#define LIM_VIEW_KEYS   64         /* channel keys around one value          */
#define LIM_FACT        256        /* bytes kept of a model name, an id      */
#define LIM_FINDINGS    10000      /* of one body or channel; rule_error    */
#define LIM_SCORE_NEAR  (8 * KIB)  /* bytes between two that are added up  */
#define LIM_SCORED      64 /* rules whose scores are added up in one text   */
#define LIM_SCORE       64 /* of a rule, and a threshold: so many reach it  */
#define PARANOIA_MOST   4  /* levels of rules, as OWASP CRS has them        */

/* Views of a text (detect/textview.h), of which few are held at once. */
#define LIM_VIEW_BYTES (64 * MIB) /* one view; rule_error                   */
#define LIM_VIEW_RUNS  4000000    /* of its map, 16 bytes each; rule_error  */
#define LIM_VIEW_TABLE (64 * KIB) /* cells of tables; the rest is not seen */
#define LIM_VIEW_DEPTH 3          /* encodings in encodings; decode_capped  */
#define LIM_VIEW_PARTS 64         /* decoded of one text; decode_capped     */
#define LIM_VIEW_OUT   (1 * MIB)  /* their bytes; decode_capped             */
#define LIM_VIEW_WORK  (4 * MIB)  /* read and written by it; decode_capped */
/* Of all views of a text, so many times its length and so much more. */
#define LIM_VIEW_TIMES 12         /* decode_capped                          */
#define LIM_VIEW_LEAST (16 * KIB) /* the same                               */
/* Bytes of one text, in all, with its escapes read; less than LIM_VIEW_RUNS. */
#define LIM_VIEW_UNESCAPED (3 * MIB) /* decode_capped                       */

/*
 * What the rules may do with one text and all its views, in steps of about 0.4
 * nanoseconds: so many for each of its bytes, and so many more, which all texts
 * of a body share. Of a megabyte that is 94 for a byte: with what no step tells
 * of, 9 for each, 43 milliseconds. Most large texts take some tens, those of 25
 * languages or a page of markup up to 72, Cyrillic in a string 85.
 */
#define LIM_SCAN_TIMES 78         /* rule_error                             */
#define LIM_SCAN_LEAST (16 * MIB) /* the same                               */

/* A system prompt: what is behind its first so many letters, and any text of
 * its request behind so many, is not compared with. */
#define LIM_PROMPT       65535 /* letters; their places have 16 bits      */
#define LIM_PROMPT_TEXTS 16384 /* texts of one request                    */
#define LIM_CANARY       128   /* bytes of the comment around a canary    */
#define LIM_SEEN         4096  /* texts of earlier requests, found in     */
#define LIM_PROMPT_WORDS 40    /* at least; a shorter one is no secret    */

/* Pseudonyms: what one process can say again. */
#define LIM_VAULT_VALUES 8192        /* the oldest go                       */
#define LIM_VAULT_VALUE  (16 * KIB)  /* one of them; uneditable             */
#define LIM_VAULT_FIND   6           /* bytes that tell one from others     */
#define LIM_VAULT_BYTES  (8 * MIB)   /* all of them; the oldest go          */
#define LIM_VAULT_WORK   (1u << 26)  /* steps to find them in a body; */
                                     /* rule_error                     */
#define LIM_VAULT_AGE (24 * 60 * 60) /* seconds since it was given out  */

/* The program's own secrets. */
#define LIM_OWN        512   /* values, a long one in pieces; audit tells     */
#define LIM_OWN_LEARNT 256   /* pieces of credentials seen in requests      */
#define LIM_OWN_PARTED 16    /* of these, the first that parts are known of */
#define LIM_OWN_RARE   128   /* values whose rare spellings are known       */
#define LIM_OWN_PARTS  32768 /* windows that parts of them are known by     */
#define LIM_OWN_GATHER 128   /* parts of one request                         */
#define LIM_OWN_HOURS  1     /* that parts of one are remembered             */
#define LIM_OWN_LEAST  1024  /* the largest min_length of a policy           */
#define LIM_OWN_FILE   (256 * KIB) /* a file with secrets                   */
#define LIM_OWN_ENV    (6 * (size_t)MIB) /* as execve(2) has it, at most    */
#define LIM_OWN_LIST   64 /* patterns or files of a policy                */
#define LIM_OWN_NAME   64 /* bytes of a name kept of each                */

/* PCRE2. */
#define LIM_MATCH      1000000     /* match limit; rule_error             */
#define LIM_MATCH_HEAP (20 * KIB)  /* heap limit, in KiB                  */
#define LIM_JIT_STACK  (512 * KIB) /* largest JIT stack                   */

/* The hosts beside an image: 1,000 of usual length; the rest is not listed. */
#define LIM_HOSTS_FILE (64 * KIB)

/* Connections. */
#define LIM_PIPELINE 64         /* requests that wait for their response   */
#define LIM_OUT      (64 * MIB) /* bytes queued towards one side           */

/* HTTP/2: what is offered to either side, and what either may make us do. */
#define LIM_H2_STREAMS    100        /* at once; as servers have it          */
#define LIM_H2_WINDOW     (1 * MIB)  /* of a stream: sent before it is read  */
#define LIM_H2_WINDOW_ALL (16 * MIB) /* of the connection */
#define LIM_H2_BACKLOG                                                         \
    (64 * KIB)                   /* content of a stream that waits before      \
                                    its sender is held back              */
#define LIM_H2_READY (256 * KIB) /* frames made before they are taken    */
#define LIM_H2_HELD                                                            \
    (64 * MIB)                  /* held of all streams; request_limit,         \
                                   response_limit of the next           */
#define LIM_H2_INTERIM    32    /* 1xx of one stream; it is reset       */
#define LIM_H2_RESETS     10000 /* streams reset in a burst; then       */
#define LIM_H2_RESETS_SEC 1000  /* so many a second: it is ended        */
#define LIM_H2_CONTINUED  8     /* CONTINUATIONs of a head: it is ended */

/* Policy image. */
#define LIM_IMAGE         (64 * MIB)
#define LIM_RULES         4096
#define LIM_REACH         1024 /* bytes from a keyword to its number      */
#define LIM_PATTERN       (16 * KIB) /* source of one pattern                   */
#define LIM_KEYWORD       64 /* bytes of one keyword                    */
#define LIM_KEYWORD_ALL   (1 * MIB) /* bytes of all keywords */
#define LIM_NEAR          400  /* characters that are near a match          */
#define LIM_NEEDS         1250 /* from a match to what its rule needs       */
#define LIM_NEARS         8    /* near and unless of one rule                */
#define LIM_RULE_LIST     256  /* keywords, nots or tags of one rule      */
#define LIM_EXCLUSIONS    65536
#define LIM_PATTERNS      256 /* path patterns of one phase of a provider      */
#define LIM_PROVIDERS     128  /* provider descriptions of an image           */
#define LIM_PROVIDERS_ALL 1024 /* with a vendor once for each dialect       */
#define LIM_HOSTS         4096 /* hosts named by a policy file                  */

/* Rule files. Each bound raises an error with its place in the file. */
#define LIM_RULE_FILE  (4 * MIB)
#define LIM_WORDS      50000 /* words that one rule looks for           */
#define LIM_RULE_FILES 256   /* a policy with all it includes             */
#define LIM_COMPILE    (64 * MIB) /* memory of one compilation             */
#define LIM_YAML_DEPTH 32
#define LIM_YAML_NODES 500000 /* LIM_RULES rules with a hundred values     */
#define LIM_YAML_KEYS  256    /* keys of one map are compared pair by pair */
#define LIM_DIAGS      50     /* errors shown                              */
#define LIM_SLUG       64     /* names, kinds, categories                  */

/* How long a read that does not wait is made to, where what came is held and
 * the program has asked poll before: as long as PHP waits for an answer. */
#define LIM_OUTWAIT 60 /* seconds */

/* The command. */
#define LIM_CACHE_IMAGES 32 /* kept; programs that run may still open one */
#define LIM_SCAN_LINE    (64 * MIB) /* one line, or one text, of `scan`        */
#define LIM_SCAN_OUT     (512 * MIB) /* its output line: every byte escaped     */
#define LIM_REPLAY       (64 * MIB) /* a file of `replay`                      */
#define LIM_REPORT       (16 * MIB) /* the text of `doctor`                    */
#define LIM_OBJECTS      2048 /* files `doctor` looks at; it says so     */

/* The first lines of IMAGE.hosts: what a policy says to the shim itself. */
#define HOSTS_REFUSE_UNCOVERED "#uncovered: refuse\n"
#define HOSTS_PASS_UNSEEN      "#unseen_tls: pass\n"

#endif
