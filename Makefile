# coolvec - build, install, run, test.  `make help` lists the targets.
#
# Yours to set: CC CFLAGS LDFLAGS PREFIX DESTDIR, SAN (asan, tsan: a build of its own in build/SAN),
# WERROR=yes, READLINE=no.

PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
SAN ?= release
B := build/$(SAN)

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

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
else
$(error SAN is asan or tsan, not "$(SAN)")
endif

# Floating point is evaluated as written, so that distances and embeddings are the same everywhere.
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -pthread -fPIC -fvisibility=hidden -ffp-contract=off $(WARN) \
	$(HARDEN) $(CFLAGS) $(SANFLAGS) -MMD -MP
ALL_LDFLAGS = -pthread $(SANFLAGS) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
PIE := -pie

# --- libraries: pkg-config name, Debian package --------------------------------------------------

LIBS := libuv:libuv1-dev jansson:libjansson-dev libjwt:libjwt-dev libargon2:libargon2-dev \
	sqlite3:libsqlite3-dev libutf8proc:libutf8proc-dev
TEST_LIBS := cmocka:libcmocka-dev
BUILD_TOOLS := gcc make pkg-config libc6-dev
TEST_TOOLS := bats jq expect mandoc shellcheck clang-tidy cppcheck g++ libhnswlib-dev socat bsdextrautils

pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)

# --- what each folder sees -----------------------------------------------------------------------

INC_libvec := -Ilibvec
INC_base := -Idaemon/base
INC_proto := -Idaemon/proto -Idaemon/base $(call pkg,--cflags,jansson)
INC_meta := -Idaemon/meta -Idaemon/base $(call pkg,--cflags,sqlite3)
INC_embed := -Idaemon/embed -Idaemon/base $(call pkg,--cflags,libutf8proc)
INC_daemon := -Idaemon -I$(B)/include -Idaemon/meta -Idaemon/embed -Idaemon/proto -Idaemon/base \
	$(call pkg,--cflags,libuv jansson libjwt libargon2)
INC_coolvecd := $(INC_daemon)
INC_coolvec := -Icmd/coolvec -Idaemon/proto -Idaemon/base $(call pkg,--cflags,jansson libutf8proc)

SRC_libvec := $(wildcard libvec/*.c)
SRC_base := $(wildcard daemon/base/*.c)
SRC_proto := $(wildcard daemon/proto/*.c)
SRC_meta := $(wildcard daemon/meta/*.c)
SRC_embed := $(wildcard daemon/embed/*.c)
SRC_daemon := $(wildcard daemon/*.c)
SRC_coolvecd := $(wildcard cmd/coolvecd/*.c)
SRC_coolvec := $(wildcard cmd/coolvec/*.c)
PARTS := libvec base proto meta embed daemon coolvecd coolvec

objs = $(patsubst %.c,$(B)/obj/%.o,$(SRC_$(1)))
define part_rule
$(call objs,$(1)): PART_INC = $(INC_$(1))
OBJS += $(call objs,$(1))
endef
$(foreach p,$(PARTS),$(eval $(call part_rule,$(p))))

# Each instruction set is a file of its own with flags of its own; metric.c picks one at start.
ARCH := $(shell $(CC) -dumpmachine | cut -d- -f1)
ifeq ($(ARCH),x86_64)
$(B)/obj/libvec/metric_avx2.o: ISA = -mavx2 -mfma
$(B)/obj/libvec/metric_avx512.o: ISA = -mavx512f -mavx512vl -mavx512bw -mavx512dq
$(B)/obj/libvec/crc32c_sse42.o: ISA = -msse4.2
endif
# Distances are computed a billion times: the engine is worth -O3 when -O2 was asked.
$(call objs,libvec): OPT = $(if $(filter -O2,$(CFLAGS)),-O3)

# --- building ------------------------------------------------------------------------------------

all: $(B)/coolvecd $(B)/coolvec $(B)/libvec.a $(B)/libvec.so ## build everything into build/release

$(B)/obj/%.o: %.c | $(B)/include/vec.h check-libs
	@mkdir -p $(@D)
	$(CC) $(PART_INC) $(ALL_CFLAGS) $(OPT) $(ISA) -c -o $@ $<

# The daemon sees vec.h alone of libvec/.
$(B)/include/vec.h: libvec/vec.h
	@mkdir -p $(@D)
	cp $< $@

$(B)/libvec.a: $(call objs,libvec)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/libvec.so: $(call objs,libvec)
	$(CC) -shared -Wl,-soname,libvec.so.0 $(ALL_LDFLAGS) -o $@ $^ -lm

LIB_daemon := $(call pkg,--libs,libuv jansson libjwt libargon2 sqlite3 libutf8proc) -lm

$(B)/coolvecd: $(foreach p,coolvecd daemon meta embed proto base,$(call objs,$(p))) $(B)/libvec.a
	$(CC) $(PIE) $(ALL_LDFLAGS) -o $@ $^ $(LIB_daemon)

$(B)/coolvec: $(foreach p,coolvec proto base,$(call objs,$(p)))
	$(CC) $(PIE) $(ALL_LDFLAGS) -o $@ $^ $(call pkg,--libs,jansson libutf8proc)

.PHONY: check-libs
check-libs:
	@command -v pkg-config >/dev/null || { echo "pkg-config is missing: apt install pkg-config, or make deps" >&2; exit 1; }
	@for l in $(LIBS); do pkg-config --exists $${l%%:*} || \
		{ echo "$${l%%:*} is missing: apt install $${l##*:}, or make deps" >&2; exit 1; }; done

# --- unit tests: tests/unit/PART/test_*.c sees what PART sees ------------------------------------

LINK_libvec = $(B)/libvec.a -lm
LINK_base = $(call objs,base)
LINK_proto = $(call objs,proto) $(call objs,base) $(call pkg,--libs,jansson)
LINK_meta = $(call objs,meta) $(call objs,base) $(call pkg,--libs,sqlite3)
LINK_embed = $(call objs,embed) $(call objs,base) $(call pkg,--libs,libutf8proc) -lm
LINK_daemon = $(foreach p,daemon meta embed proto base,$(call objs,$(p))) $(B)/libvec.a $(LIB_daemon)

TEST_PARTS := libvec base proto meta embed daemon
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

# --- the local embedder measured on real text ------------------------------------------------------

RECALL_EMBED := $(B)/tests/recall/stsb $(B)/tests/recall/embed_texts
$(RECALL_EMBED): $(B)/tests/recall/%: tests/recall/%.c $(filter %.o,$(LINK_embed)) | check-libs
	@mkdir -p $(@D)
	$(CC) $(INC_embed) $(ALL_CFLAGS) $(PIE) $(ALL_LDFLAGS) -o $@ $< $(LINK_embed)
-include $(RECALL_EMBED:=.d)

-include $(OBJS:.o=.d) $(UNIT_TESTS:=.d)
