# sallyport: a libc-only shim, an engine beside it, and the command.
#
#   make                      build/plain/{libsallyport*.so,.a,sallyport}
#   make SANITIZE=address,undefined   the same in build/address-undefined
#   make demo check matrix lint bench eval fuzz   scripts/ of these names
#   make install PREFIX=/usr/local DESTDIR=
#
# Knobs: V=1 shows the commands, WERROR=1 makes warnings errors, B= is the
# build tree, FUZZ_SECONDS=60 the time of each fuzz target, FUZZ= their names.
#
# A source that needs a library of its own says so in one line of its text:
#   /* link: -lssl -lcrypto */          (unit tests, programs, benchmarks)

SANITIZE     ?=
WERROR       ?=
PREFIX       ?= /usr/local
DESTDIR      ?=
FUZZ_SECONDS ?= 60
CLANG        ?= clang

comma := ,
B     ?= build/$(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),plain)

engine_rooms := base json wire detect rules llm policy act state audit flow
sources       = $(wildcard $(foreach r,$(1),shim/$(r)/*.c shim/$(r)/*.S))
objects       = $(patsubst %,$(B)/%.o,$(basename $(call sources,$(1))))

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wvla -Wformat=2
# Under sanitizers gcc warns of paths that cannot be.
warnings += $(if $(SANITIZE),,$(if $(filter 1,$(WERROR)),-Werror))
harden   := -fstack-protector-strong \
            $(if $(filter x86_64-% i686-%,$(shell $(CC) -dumpmachine)),\
            -fcf-protection)
# The sanitizers have their own checks of the string functions.
optimise := $(if $(SANITIZE),-O1 -fno-omit-frame-pointer,-O2 \
            -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)

# CFLAGS, CPPFLAGS and LDFLAGS are the user's, added behind ours.
cppflags := -D_GNU_SOURCE -Ishim $(CPPFLAGS)
cflags   := -std=c11 -g $(optimise) -fPIC -fvisibility=hidden \
            -fno-semantic-interposition $(harden) $(warnings) $(CFLAGS)
sanitize := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
ldflags  := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS)
# The runtime of a sanitizer is in the program, not in our shared objects.
shared   := -shared $(if $(SANITIZE),,-Wl,--no-undefined) \
            -Wl,--exclude-libs,ALL
static   := -l:libpcre2-8.a -l:libz.a -l:libsodium.a -l:libnghttp2.a -l:libutf8proc.a
yaml     := -ljansson -lyaml
# A failed assertion of a library must not end the host: wire/h2guard.h.
asserts  := -Wl,--wrap=__assert_fail

# Flags of one source: conversions are explicit in the engine.
extra = $(if $(filter $(addprefix shim/,$(addsuffix /%,$(engine_rooms))),$(1)),\
        -Wconversion) $(if $(filter tests/%,$(1)),-Itests/lib)
# What an object is made of, under whatever name its tree is called next time.
needs = -MMD -MP -MT '$$(B)/$(@:$(B)/%=%)'
links = $$(sed -n 's,^/\* link: \(.*\) \*/$$,\1,p' $(1))
say   = $(if $(filter 1,$(V)),,@printf '  %-4s %s\n' $(1) $@;)

# --- What is shipped. A piece whose sources are not there is left out.
shim_so   := $(if $(wildcard shim/hooks/exports.map),$(B)/libsallyport.so)
engine_so := $(if $(wildcard shim/flow/exports.map),$(B)/libsallyport-engine.so)
command   := $(if $(wildcard shim/cli/main.c),$(B)/sallyport)
engine_a  := $(B)/libsallyport.a

# --- What tests it. tests/lib: prog_*.c are programs, so_*.c shared objects,
# the rest helps every unit test.
lib_prog := $(wildcard tests/lib/prog_*.c)
lib_so   := $(wildcard tests/lib/so_*.c)
lib_rest := $(filter-out $(lib_prog) $(lib_so),$(wildcard tests/lib/*.c))
programs  = $(patsubst %.c,$(B)/%,$(wildcard tests/$(1)/*.c))
units    := $(call programs,unit)
replays  := $(filter-out %/stub,$(call programs,fuzz))
benches  := $(call programs,bench)
helpers  := $(lib_prog:tests/lib/%.c=$(B)/tests/%) \
            $(lib_so:tests/lib/%.c=$(B)/tests/%.so)
FUZZ     ?= $(notdir $(replays))
seeds    := $(patsubst %,$(B)/seeds/image/%,every leak own-secrets generic)
fuzzers  := $(FUZZ:%=$(B)/fuzzer/%)

.PHONY: all tests units replays benches helpers fuzzers clang-check \
        check matrix lint fuzz bench eval demo install uninstall clean
.SECONDARY:
.DELETE_ON_ERROR:

all: $(engine_a) $(shim_so) $(engine_so) $(command)
tests: units replays benches helpers
units: $(units)
replays: $(replays) $(seeds)
benches: $(benches)
helpers: $(helpers)
fuzzers: $(fuzzers) $(if $(filter image,$(FUZZ)),$(seeds))

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(cppflags) $(cflags) $(sanitize) $(call extra,$<) \
	    $(needs) -c -o $@ $<

$(B)/%.o: %.S
	@mkdir -p $(@D)
	$(call say,AS)$(CC) $(cppflags) $(cflags) $(needs) -c -o $@ $<

# Only what is used of base goes into the shim.
$(B)/libbase.a: $(call objects,base)
$(engine_a): $(call objects,$(engine_rooms))
$(B)/libtools.a: $(call objects,compile cli)
$(B)/libhooks.a: $(call objects,hooks)
$(B)/libtest.a: $(lib_rest:%.c=$(B)/%.o)
$(B)/libcounted.a: $(patsubst $(B)/%,$(B)/counted/%,$(call objects,base detect rules))
$(B)/%.a:
	@mkdir -p $(@D)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $^

# The rooms whose work a test counts: every block of their code says that it runs.
$(B)/counted/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(cppflags) $(cflags) $(sanitize) $(call extra,$<) \
	    -fsanitize-coverage=trace-pc $(needs) -c -o $@ $<

# A sanitizer's runtime looks its own functions up by dlsym, which is a hook,
# before it is ready for code of its kind.
$(foreach f,dl elf net real sockhooks,$(B)/shim/hooks/$(f).o): sanitize :=

# Every exec of every program pays for what is done here: mapped in two pieces,
# not four; our own functions bound by the linker; no start files (init.c), so
# nothing is undone before an unload, which never comes; what runs at the start
# side by side, so that few pages of it are fetched.
starters := $(patsubst %,$(B)/shim/hooks/%.o,init load vars say real elf net patch)
$(B)/libsallyport.so: $(call objects,hooks) $(B)/libbase.a \
    shim/hooks/exports.map shim/hooks/layout.ld
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) $(shared) \
	    -nostartfiles -Wl,-z,noseparate-code,-z,nodelete \
	    -Wl,-Bsymbolic-functions,--sort-section=name \
	    -Wl,-soname,$(@F) -Wl,--version-script=shim/hooks/exports.map \
	    -Wl,-T,shim/hooks/layout.ld -o $@ $(starters) $(B)/libbase.a \
	    $(filter-out $(starters),$(filter %.o,$^)) $(B)/libbase.a

$(B)/libsallyport-engine.so: $(call objects,$(engine_rooms)) shim/flow/exports.map
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) $(shared) \
	    -Wl,-soname,$(@F) -Wl,--version-script=shim/flow/exports.map \
	    -Wl,--wrap=read,--wrap=close,--wrap=fcntl,--wrap=stderr $(asserts) -o $@ $(filter %.o,$^) \
	    $(static)

$(B)/sallyport: $(call objects,compile cli) $(engine_a)
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) -pie -o $@ $^ \
	    $(asserts) $(static) $(yaml)

# Every unit test can make allocations fail. Tools and hooks are there only for
# a test that includes their headers: to the others dlopen is libc's.
wrap   := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc $(asserts)
group   = -Wl,--start-group $(filter %/libcounted.a,$^) \
          $(filter-out %/libcounted.a,$(filter %.a,$^)) $(static) -Wl,--end-group $(yaml)
# A test opens a room by its headers, or by a helper of tests/lib that does.
holding = $(shell grep -lE '^\#include "($(1))' $(2) 2>/dev/null)
through = $(subst $(eval) ,,$(patsubst %,|%.h,$(basename $(notdir \
          $(call holding,($(1))/,tests/lib/*.[ch])))))
opens   = $(patsubst %.c,$(B)/%,$(call holding,($(1))/$(call through,$(1)),\
          tests/unit/*.c tests/fuzz/*.c tests/bench/*.c))
seeking = $(call opens,$(1)) \
          $(patsubst $(B)/tests/fuzz/%,$(B)/fuzzer/%,$(call opens,$(1)))

$(call seeking,compile|cli): $(B)/libtools.a
$(call seeking,hooks): $(B)/libhooks.a
$(B)/tests/unit/rules_worst $(B)/tests/unit/rules_drip: $(B)/libcounted.a

$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libtest.a $(engine_a)
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) $(wrap) -o $@ $< \
	    $(group) $(call links,tests/unit/$*.c)

$(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/stub.o $(engine_a)
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) -o $@ \
	    $(filter %.o,$^) $(group) $(call links,tests/fuzz/$*.c)

# Seeds of the image's format as it is now, which old ones are not: the first
# section of an image, behind its head of 20 bytes and its own length.
$(B)/seeds/image/every: rules/examples/reference.yaml $(command)
$(B)/seeds/image/leak $(B)/seeds/image/own-secrets $(B)/seeds/image/generic: \
    $(B)/seeds/image/%: rules/packs/%.yaml $(command)
$(seeds):
	@mkdir -p $(@D)
	$(call say,IMG)$(command) compile $< -o $(B)/seeds/$(@F).img && \
	    tail -c +25 $(B)/seeds/$(@F).img | head -c \
	    $$(od -An -tu4 -j20 -N4 $(B)/seeds/$(@F).img) >$@

$(B)/fuzzer/%: $(B)/tests/fuzz/%.o $(engine_a)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(cflags) $(sanitize) -fsanitize=fuzzer $(ldflags) \
	    -o $@ $< $(group)

$(B)/tests/bench/%: $(B)/tests/bench/%.o $(engine_a)
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) -o $@ $< \
	    $(group) $(call links,tests/bench/$*.c)

$(B)/tests/prog_%: $(B)/tests/lib/prog_%.o
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) -o $@ $< \
	    -pthread $(call links,tests/lib/prog_$*.c)

$(B)/tests/so_%.so: $(B)/tests/lib/so_%.o
	$(call say,LD)$(CC) $(cflags) $(sanitize) $(ldflags) -shared -o $@ $< \
	    $(call links,tests/lib/so_$*.c)

# --- Scripts. Each first installs the Debian packages it lacks.
demo:
	@scripts/install-deps demo
	@$(MAKE) all
	@scripts/demo

check:
	@scripts/install-deps check
	@WERROR=$(WERROR) scripts/check

# Writes the table of the README anew.
matrix:
	@scripts/install-deps check
	@$(MAKE) all
	@scripts/matrix --write

lint:
	@scripts/install-deps check
	@$(MAKE) all
	@scripts/lint

bench:
	@scripts/install-deps bench
	@$(MAKE) all benches helpers
	@scripts/bench

eval:
	@scripts/install-deps check
	@$(MAKE) all
	@scripts/eval

fuzz:
	@scripts/install-deps check
	@$(MAKE) B=build/fuzz CC=$(CLANG) FUZZ="$(FUZZ)" \
	    SANITIZE=fuzzer-no-link,address,undefined fuzzers
	@set -e; for f in $(FUZZ); do \
	    mkdir -p build/fuzz/corpus/$$f build/fuzz/seeds/$$f; \
	    echo "fuzz $$f for $(FUZZ_SECONDS) s"; \
	    build/fuzz/fuzzer/$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
	        -max_len=65536 -verbosity=0 -artifact_prefix=build/fuzz/$$f- \
	        build/fuzz/corpus/$$f build/fuzz/seeds/$$f \
	        $$(ls -d tests/fuzz/corpus/$$f 2>/dev/null); \
	done; echo "fuzz: no finding"

# The second compiler's opinion, without objects.
clang_checks := $(addprefix clang-check/,$(filter %.c,$(call sources,\
                $(engine_rooms) hooks compile cli)) $(lib_rest) $(lib_prog) $(lib_so) \
                $(wildcard tests/unit/*.c tests/fuzz/*.c tests/bench/*.c))
.PHONY: $(clang_checks)
clang-check: $(clang_checks)
$(clang_checks): clang-check/%: %
	@$(CLANG) $(cppflags) $(cflags) $(call extra,$<) -Werror -fsyntax-only $<

bin := $(DESTDIR)$(PREFIX)/bin
lib := $(DESTDIR)$(PREFIX)/lib/sallyport
dat := $(DESTDIR)$(PREFIX)/share/sallyport

install: all
	install -d $(bin) $(lib) $(dat)
	install -m 755 $(B)/sallyport $(bin)/sallyport
	install -m 755 $(B)/libsallyport.so $(B)/libsallyport-engine.so $(lib)/
	cd rules && find . -type f -exec install -D -m 644 {} "$(abspath $(dat))/rules/{}" \;

uninstall:
	rm -f $(bin)/sallyport
	rm -rf $(lib) $(dat)

clean:
	rm -rf build

-include $(shell find -H $(B) -name '*.d' 2>/dev/null)
