#include "detect/cipher.h"

#include "base/utf8.h"

#define STRETCH  1024 /* bytes of one, at most */
#define WORD_MIN 3
#define WORD_MAX 12
#define LONG     6 /* letters of a word that counts as two */
#define MORE     2 /* words that turning must gain */

/*
 * Of English, and of German, French, Spanish, Portuguese, Italian, Dutch and
 * Polish those that orders to a model are made of and that others do not
 * become when they are turned. Sorted by length.
 */
static const char common[][WORD_MAX + 1] = {
    "all",          "and",         "any",         "are",         "but",
    "can",          "for",         "get",         "had",         "has",
    "her",          "his",         "how",         "its",         "may",
    "new",          "not",         "now",         "one",         "our",
    "out",          "say",         "the",         "use",         "was",
    "who",          "you",         "aber",        "alle",        "also",
    "auch",         "avec",        "been",        "como",        "dans",
    "deze",         "dich",        "does",        "done",        "each",
    "eine",         "esta",        "este",        "even",        "from",
    "give",         "have",        "here",        "into",        "jest",
    "just",         "know",        "like",        "mais",        "make",
    "mein",         "more",        "must",        "naar",        "nach",
    "need",         "next",        "niet",        "noch",        "oder",
    "only",         "over",        "para",        "pero",        "pour",
    "said",         "send",        "sind",        "some",        "sono",
    "sont",         "such",        "take",        "tell",        "than",
    "that",         "them",        "then",        "they",        "this",
    "time",         "tous",        "very",        "voor",        "vous",
    "wenn",         "what",        "when",        "will",        "wird",
    "with",         "work",        "your",        "about",       "above",
    "after",        "again",       "agora",       "ahora",       "alles",
    "based",        "being",       "bitte",       "cette",       "could",
    "davor",        "deine",       "della",       "diese",       "einen",
    "every",        "first",       "jetzt",       "meine",       "never",
    "nicht",        "order",       "other",       "print",       "reply",
    "right",        "rules",       "sobre",       "still",       "teraz",
    "their",        "there",       "these",       "think",       "todas",
    "todos",        "tutte",       "tutti",       "under",       "until",
    "using",        "votre",       "where",       "which",       "while",
    "words",        "would",       "write",       "access",      "adesso",
    "always",       "answer",      "before",      "deinen",      "deiner",
    "delete",       "during",      "ensure",      "forget",      "ignora",
    "ignore",       "kannst",      "negeer",      "olvida",      "oublie",
    "people",       "please",      "prompt",      "proper",      "questo",
    "reveal",       "scrivi",      "secret",      "should",      "system",
    "toutes",       "vorige",      "werden",      "against",     "another",
    "aufgabe",      "because",     "between",     "conduct",     "content",
    "default",      "display",     "escribe",     "execute",     "forward",
    "ignorez",      "instead",     "message",     "oubliez",     "perform",
    "process",      "provide",     "request",     "respond",     "through",
    "vergeet",      "vergiss",     "without",     "antworte",    "anything",
    "complete",     "continue",    "document",    "everyone",    "folgende",
    "messages",     "password",    "previous",    "question",    "responda",
    "responde",     "response",    "rispondi",    "schreibe",    "security",
    "zignoruj",     "assistant",   "developer",   "different",   "dimentica",
    "disregard",    "following",   "ignoriere",   "siguiente",   "something",
    "suivantes",    "wszystkie",   "anteriores",  "everything",  "instrukcje",
    "istruzioni",   "maintenant",  "poprzednie",  "precedenti",  "vorherigen",
    "anweisungen",  "information", "instructies", "instruction", "instructions",
    "restrictions",
};

/* What a word can be turned from: by places of the alphabet, and otherwise. */
enum {
    PLACES = 26,
    ATBASH = PLACES,
    FLIPPED,
    TURNS,
};

static int letter_of(char c)
{
    char low = to_lower(c);

    return low >= 'a' && low <= 'z' ? low - 'a' : -1;
}

static char moved(char c, unsigned places)
{
    char first = c <= 'Z' ? 'A' : 'a';

    if (letter_of(c) < 0)
        return c;
    return (char)(first + (char)(((unsigned)letter_of(c) + places) % PLACES));
}

static char mirrored(char c)
{
    char first = c <= 'Z' ? 'A' : 'a';

    return letter_of(c) < 0 ? c : (char)(first + 25 - letter_of(c));
}

/* --- Words. */

/* Those of a length: the first, and the one behind the last. */
static size_t words_of(size_t len, size_t *ret_end)
{
    static const unsigned char firsts[WORD_MAX + 2] = {
        0, 0, 0, 0, 27, 98, 148, 178, 203, 221, 232, 240, 244, 246};

    *ret_end = firsts[len + 1];
    return firsts[len];
}

static unsigned distance(int to, int from)
{
    return (unsigned)(to - from + PLACES) % PLACES;
}

/* Is the word w, moved by the same places at each letter? */
static bool is_moved(struct str word, const char *w)
{
    unsigned by = distance(letter_of(word.ptr[0]), w[0] - 'a');

    for (size_t i = 1; i < word.len; i++)
        if (distance(letter_of(word.ptr[i]), w[i] - 'a') != by)
            return false;
    return true;
}

static bool is_mirrored(struct str word, const char *w)
{
    for (size_t i = 0; i < word.len; i++)
        if (letter_of(word.ptr[i]) != 25 - (w[i] - 'a'))
            return false;
    return true;
}

static bool is_flipped(struct str word, const char *w)
{
    for (size_t i = 0; i < word.len; i++)
        if (letter_of(word.ptr[i]) != w[word.len - 1 - i] - 'a')
            return false;
    return true;
}

/* By chance a long word is never a common one that was turned. */
static unsigned weight(struct str word)
{
    return word.len >= LONG ? 2 : 1;
}

/* Every way in which the word is one of the common ones counts. The first two
 * letters tell of nearly all that it is none. */
static void vote(struct str word, unsigned votes[TURNS])
{
    int first, step, last;
    size_t i, end;

    if (word.len < WORD_MIN || word.len > WORD_MAX)
        return;
    first = letter_of(word.ptr[0]);
    step = letter_of(word.ptr[1]) - first;
    last = 'a' + letter_of(word.ptr[word.len - 1]);
    for (i = words_of(word.len, &end); i < end; i++) {
        const char *w = common[i];
        int off = w[1] - w[0] - step;

        if ((off == 0 || off == PLACES || off == -PLACES) && is_moved(word, w))
            votes[distance(first, w[0] - 'a')] += weight(word);
        if (off == -2 * step && is_mirrored(word, w))
            votes[ATBASH] += weight(word);
        if (w[0] == last && is_flipped(word, w))
            votes[FLIPPED] += weight(word);
    }
}

/* The next word at or behind *at; empty at the end. */
static struct str next_word(struct str s, size_t *at)
{
    size_t from;

    while (*at < s.len && letter_of(s.ptr[*at]) < 0)
        ++*at;
    for (from = *at; *at < s.len && letter_of(s.ptr[*at]) >= 0;)
        ++*at;
    return (struct str){s.ptr + from, *at - from};
}

size_t cipher_words(struct str text)
{
    size_t at = 0, n = 0, i, end;
    struct str word;

    while ((word = next_word(text, &at)).len > 0) {
        if (word.len < WORD_MIN || word.len > WORD_MAX)
            continue;
        for (i = words_of(word.len, &end); i < end; i++)
            if (str_eq_nocase(word, (struct str){common[i], word.len}))
                n += weight(word);
    }
    return n;
}

/* --- Stretches. */

/* The next of a text, up to what ends a sentence or, `lines`, a line. */
static struct str next_stretch(struct str text, size_t at, bool lines)
{
    size_t end = at, cut = at;

    while (end < text.len && end - at < STRETCH) {
        char c = text.ptr[end++];

        if (c == '\n' || (!lines && strchr(".!?:;\"", c) != NULL && c != 0))
            return (struct str){text.ptr + at, end - at};
        cut = c == ' ' ? end : cut;
    }
    end = end < text.len && cut > at ? cut : end;
    end = utf8_back(text, end);
    return (struct str){text.ptr + at, end - at};
}

static void votes_of(struct str s, unsigned votes[TURNS])
{
    size_t at = 0;
    struct str word;

    memset(votes, 0, TURNS * sizeof(*votes));
    while ((word = next_word(s, &at)).len > 0)
        vote(word, votes);
}

/*
 * How a stretch is best turned, by places or ATBASH; 0 if it is best as it
 * stands. One that says little goes with the last that was turned.
 */
static unsigned best_turn(struct str s, unsigned last)
{
    unsigned votes[TURNS], best = 1;

    votes_of(s, votes);
    for (unsigned i = 2; i < FLIPPED; i++)
        best = votes[i] > votes[best] ? i : best;
    if (last != 0 && votes[last] >= votes[0] &&
        votes[best] < votes[last] + MORE)
        return last;
    return votes[best] >= votes[0] + MORE ? best : 0;
}

/* Of the first stretch that is turned, or, where each says little, of all. */
static unsigned first_turn(struct str text)
{
    unsigned turn = 0;
    struct str s;

    for (size_t at = 0; at < text.len && turn == 0; at += s.len) {
        s = next_stretch(text, at, false);
        turn = best_turn(s, 0);
    }
    return turn != 0 ? turn : best_turn(text, 0);
}

/* Is each word of it one of the common ones from its end? `some`: others of the
 * text are. */
static bool is_backwards(struct str s, bool some)
{
    unsigned votes[TURNS];

    votes_of(s, votes);
    return votes[FLIPPED] >= votes[0] + (some ? 0 : MORE);
}

/* --- In a stream. */

#define DULL      4  /* words without a sign, and it was none */
#define DULL_SOME 12 /* and it is over */

static bool ends_sentence(char c)
{
    return c != 0 && strchr("\n.!?:;\"", c) != NULL;
}

static unsigned most_of(const unsigned votes[TURNS])
{
    unsigned most = 0;

    for (unsigned i = 1; i < TURNS; i++)
        most = votes[i] > most ? votes[i] : most;
    return most;
}

size_t turned_begin(struct str text, char before)
{
    size_t at = 0;
    struct str word;

    while (letter_of(before) >= 0 && at < text.len &&
           letter_of(text.ptr[at]) >= 0)
        at++;
    while ((word = next_word(text, &at)).len > 0) {
        unsigned votes[TURNS] = {0};

        if (at == text.len)
            return word.len > WORD_MAX ? at : at - word.len;
        vote(word, votes);
        if (most_of(votes) > votes[0])
            return at - word.len;
    }
    return text.len;
}

/* What is known of one that is read word by word. */
struct turning {
    unsigned votes[TURNS];
    bool turned;     /* it has more of such words */
    bool says;       /* and the sentence some */
    size_t dull;     /* words since the last */
    size_t sentence; /* begins there */
};

/* Does it end with the word, or before a sentence that begins with it? */
static bool turning_ends(struct turning *t, struct str word)
{
    unsigned votes[TURNS] = {0}, most;

    vote(word, votes);
    for (size_t i = 0; i < TURNS; i++)
        t->votes[i] += votes[i];
    most = most_of(t->votes);
    t->dull = most_of(votes) > votes[0] ? 0 : t->dull + 1;
    t->says |= t->dull == 0;
    if (t->turned)
        return (votes[0] != 0 && !t->says) || t->dull == DULL_SOME;
    t->turned = most >= t->votes[0] + MORE;
    return !t->turned && (t->votes[0] >= most || t->dull == DULL);
}

size_t turned_end(struct str text, bool last, bool *ret_some)
{
    struct turning t = {.turned = false};
    size_t at = 0, behind = 0;
    struct str word;

    while ((word = next_word(text, &at)).len > 0) {
        bool line = false;

        if (at == text.len && !last) { /* cut off */
            *ret_some = false;
            return behind == 0 && word.len > WORD_MAX ? at : 0;
        }
        for (; behind < at - word.len; behind++) {
            line |= text.ptr[behind] == '\n';
            if (!ends_sentence(text.ptr[behind]))
                continue;
            t.says = false;
            t.sentence = behind + 1;
        }
        behind = at;
        *ret_some = t.turned;
        if (line && !t.turned)
            return at - word.len;
        if (turning_ends(&t, word))
            return *ret_some && !t.says && t.sentence != 0 ? t.sentence : at;
    }
    *ret_some = t.turned;
    return last ? text.len : 0;
}

size_t turned_reach(struct str text, size_t at)
{
    size_t least = at > STRETCH ? at - STRETCH : 0, from = at, sentence = 0;

    while (from > least && text.ptr[from - 1] != '\n') {
        from--;
        if (sentence == 0 && from < at && ends_sentence(text.ptr[from]))
            sentence = from + 1;
    }
    if (from == 0 || text.ptr[from - 1] == '\n')
        return from;
    return sentence != 0 ? sentence : utf8_back(text, from);
}

static char turned47(char c)
{
    int turned = '!' + (c - '!' + 47) % 94;

    return c >= '!' && c <= '~' ? (char)turned : c;
}

static void turn47(struct str s, char out[STRETCH + 4])
{
    for (size_t i = 0; i < s.len; i++)
        out[i] = turned47(s.ptr[i]);
}

/* Of "ignore" ROT47 makes "8?@C6", of "IGNORE" "xv}~#t". Half of it, or more,
 * is what letters become. */
static bool is_rot47(struct str s, bool some)
{
    char out[STRETCH + 4];
    size_t like = 0, all = 0;

    for (size_t i = 0; i < s.len; i++) {
        all += s.ptr[i] > ' ';
        like += letter_of(turned47(s.ptr[i])) >= 0;
    }
    if (all < 8 || like * 2 < all)
        return false;
    turn47(s, out);
    return cipher_words((struct str){out, s.len}) >=
           cipher_words(s) + (some ? 0 : MORE);
}

static enum view_step step_of(unsigned turn)
{
    return turn == 0        ? VIEW_TEXT
           : turn == 13     ? VIEW_ROT13
           : turn == ATBASH ? VIEW_ATBASH
                            : VIEW_CAESAR;
}

unsigned cipher_worth(struct str text)
{
    unsigned set = 0, last = first_turn(text);
    struct str s;

    for (size_t at = last == 0 ? text.len : 0; at < text.len; at += s.len) {
        unsigned turn;

        s = next_stretch(text, at, false);
        turn = best_turn(s, last);
        last = turn == 0 ? last : turn;
        set |= 1u << step_of(turn);
    }
    for (size_t at = 0; at < text.len; at += s.len) {
        s = next_stretch(text, at, true);
        set |= is_rot47(s, false) ? 1u << VIEW_ROT47 : 0;
        set |= is_backwards(s, false) ? 1u << VIEW_FLIPPED : 0;
    }
    set |= is_backwards(text, false) ? 1u << VIEW_FLIPPED : 0;
    return set & ~(1u << VIEW_TEXT);
}

/* What stands between spaces, backwards. */
static enum err put_flipped(struct str s, size_t off, struct textview *out)
{
    enum err e = OK;

    for (size_t at = 0, end; at < s.len && !e; at = end) {
        bool space = (unsigned char)s.ptr[at] <= ' ';
        struct str piece;

        for (end = at;
             end < s.len && ((unsigned char)s.ptr[end] <= ' ') == space;)
            end++;
        piece = (struct str){s.ptr + at, end - at};
        e = space ? textview_copy(out, piece, off + at)
                  : textview_back(out, piece, off + at);
    }
    return e;
}

static enum err put_turned(unsigned turn, struct str s, size_t off,
                           struct textview *out)
{
    char bytes[STRETCH + 4];

    for (size_t i = 0; i < s.len; i++)
        bytes[i] = turn == ATBASH ? mirrored(s.ptr[i])
                                  : moved(s.ptr[i], PLACES - turn);
    return textview_copy(out, (struct str){bytes, s.len}, off);
}

static enum err put_line47(struct str s, size_t off, struct textview *out)
{
    char bytes[STRETCH + 4];

    turn47(s, bytes);
    return textview_copy(out, (struct str){bytes, s.len}, off);
}

enum err cipher_make(enum view_step how, struct str text, struct textview *out)
{
    bool lines = how == VIEW_ROT47 || how == VIEW_FLIPPED;
    unsigned turn, last = lines ? 0 : first_turn(text);
    struct str s;
    enum err e;

    textview_clear(out);
    for (size_t at = 0; at < text.len; at += s.len) {
        s = next_stretch(text, at, lines);
        turn = lines ? 0 : best_turn(s, last);
        last = turn == 0 ? last : turn;
        if (how == VIEW_ROT47 && is_rot47(s, true))
            e = put_line47(s, at, out);
        else if (how == VIEW_FLIPPED && is_backwards(s, true))
            e = put_flipped(s, at, out);
        else if (turn != 0 && step_of(turn) == how)
            e = put_turned(turn, s, at, out);
        else
            e = textview_copy(out, s, at);
        if (e)
            return e;
    }
    return OK;
}

/* --- Lines. */

/* All of a line, or the sentences of it that are backwards; `some`: a line of
 * the text is. */
static enum err put_line(struct str line, size_t off, bool some,
                         struct textview *out, bool *ret_changed)
{
    struct str s;
    enum err e = OK;

    if (is_backwards(line, some)) {
        *ret_changed = true;
        return textview_back(out, line, off);
    }
    for (size_t at = 0; at < line.len && !e; at += s.len) {
        bool yes;

        s = next_stretch(line, at, false);
        yes = is_backwards(s, false);
        *ret_changed |= yes;
        e = yes ? textview_back(out, s, off + at)
                : textview_copy(out, s, off + at);
    }
    return e;
}

/* A line, or all of them together. */
static bool has_backwards(struct str text)
{
    if (is_backwards(text, false))
        return true;
    while (text.ptr != NULL)
        if (is_backwards(str_split(&text, '\n'), false))
            return true;
    return false;
}

enum err reversed_make(struct str text, struct textview *out, bool *ret_changed)
{
    bool some = has_backwards(text);
    struct str rest = text, line;
    enum err e = OK;

    textview_clear(out);
    *ret_changed = false;
    while (!e && rest.len > 0) {
        size_t at = text.len - rest.len;

        line = str_head(rest, str_find_byte(rest, '\n'));
        rest = str_skip(rest, line.len);
        if (!(e = put_line(line, at, some, out, ret_changed)) && rest.len > 0)
            e = textview_copy(out, STR("\n"), at + line.len);
        rest = str_skip(rest, 1);
    }
    return e;
}
