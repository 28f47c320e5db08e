# witc: everything is built below build/. `make help` lists the targets.
MODE ?= release
BUILD := build
VERSION := $(shell sed -n 's/.*WITC_VERSION "\(.*\)"/\1/p' base/version.h)

CC ?= cc
CCACHE := $(shell command -v ccache 2>/dev/null)
PACKAGES := tree-sitter yaml-0.1
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
# The two libraries are linked in where their archives are installed, so that the program starts
# faster and runs anywhere; SHARED=1 asks for the shared ones.
PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
PACKAGE_DIR := $(shell pkg-config --variable=libdir tree-sitter 2>/dev/null)
ARCHIVES := $(wildcard $(PACKAGE_DIR)/libtree-sitter.a $(PACKAGE_DIR)/libyaml.a)
ifeq ($(SHARED)$(words $(ARCHIVES)),2)
PACKAGE_LIBS := $(ARCHIVES)
endif

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
SANITIZE := -fsanitize=address,undefined
CFLAGS_release := -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables \
	-ffunction-sections -fdata-sections
# Folders and files that are compiled for size: what they do is waiting for files or done once.
SMALL := adapter bindgen cli component model report serve wac wasi \
	wat/parse_canon.c wat/parse_component.c wat/parse_custom.c wat/print_custom.c wat/wast.c \
	witc/expect.c witc/format.c witc/format_print.c witc/lint.c witc/lint_package.c witc/lint_text.c \
	witc/json.c witc/lost.c witc/document.c witc/recover.c witc/commit.c \
	core/dwarf.c core/dwarf_line.c core/dwarf_value.c core/source_map.c core/sources.c wat/dwarf.c \
	core/demangle_cpp.c core/demangle_rust.c core/check_ref.c core/names.c base/explain.c \
	interpreter/instance.c interpreter/component.c interpreter/component_link.c
CFLAGS_small_release := -Os
LDFLAGS_release := -Wl,-z,pack-relative-relocs -Wl,--gc-sections -Wl,-O2
CFLAGS_asan := -O1 -g $(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_asan := $(SANITIZE)
# Every arena allocation is its own malloc, so that the sanitizer sees each one's end; the guest's memories
# and tables move at every grow, and its objects are collected at every allocation.
CFLAGS_stress := $(CFLAGS_asan) -DARENA_STRESS -DVM_STRESS
LDFLAGS_stress := $(LDFLAGS_asan)
# libFuzzer comes with clang.
CFLAGS_fuzz := -O1 -g $(SANITIZE),fuzzer-no-link -fno-sanitize-recover=all
LDFLAGS_fuzz := $(SANITIZE),fuzzer
ifeq ($(MODE),fuzz)
CC := $(shell . tools/toolchain.sh; echo $$CLANG)
endif

CPPFLAGS += -I. -D_GNU_SOURCE $(PACKAGE_CFLAGS)
# libcurl is loaded when a guest sends its first request: only its headers are needed here. CURL= leaves
# outgoing HTTP out.
CURL ?= $(shell pkg-config --exists 'libcurl >= 7.85' 2>/dev/null && echo 1)
CPPFLAGS += $(if $(CURL),-DWASI_CURL $(shell pkg-config --cflags libcurl))
# libssl is loaded when a server has a certificate; OPENSSL= leaves TLS out.
OPENSSL ?= $(shell pkg-config --exists 'libssl >= 3' 2>/dev/null && echo 1)
CPPFLAGS += $(if $(OPENSSL),-DSERVE_TLS $(shell pkg-config --cflags libssl))
# The same for HTTP/2 in `serve`: NGHTTP2= leaves it out.
NGHTTP2 ?= $(shell pkg-config --exists 'libnghttp2 >= 1.43' 2>/dev/null && echo 1)
CPPFLAGS += $(if $(NGHTTP2),-DSERVE_NGHTTP2 $(shell pkg-config --cflags libnghttp2))
# zlib is loaded where a granted archive is packed; ZLIB= leaves that out.
ZLIB ?= $(shell pkg-config --exists 'zlib >= 1.2.9' 2>/dev/null && echo 1)
CPPFLAGS += $(if $(ZLIB),-DWASI_ZLIB $(shell pkg-config --cflags zlib))
# TRAMPOLINE=1: the interpreter's handlers in their portable form (interpreter/run.c).
CPPFLAGS += $(if $(TRAMPOLINE),-DVM_TRAMPOLINE)
# Nobody asks for errno after a square root.
CFLAGS += -std=gnu11 -g $(WARN) -fno-math-errno $(CFLAGS_$(MODE))
LDLIBS += $(PACKAGE_LIBS) -Wl,--as-needed -lm -pthread

# Builds by the usual compiler share build/obj-MODE; another one gets folders of its own.
FLAVOUR := $(MODE)$(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))$(if $(TRAMPOLINE),-trampoline)
OBJ := $(BUILD)/obj-$(FLAVOUR)
WITC := $(BUILD)/witc$(if $(filter-out release,$(FLAVOUR)),-$(FLAVOUR))

LIB_FOLDERS := base adapter grammar/src model core witc canonical-abi bindgen report component wac wat interpreter wasi serve embed
FOLDERS := $(sort $(patsubst grammar/src,grammar,$(LIB_FOLDERS))) cli
LIB_SRC := $(foreach d,$(LIB_FOLDERS),$(wildcard $(d)/*.c))
CLI_SRC := $(wildcard cli/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(OBJ)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(OBJ)/%.o)
CLI_NO_MAIN := $(filter-out $(OBJ)/cli/main.o,$(CLI_OBJ))
UNIT := $(patsubst tests/unit/%.c,$(OBJ)/tests/%,$(wildcard tests/unit/*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS := $(FUZZERS:%=$(OBJ)/tests/%)
TRUNCATE := $(OBJ)/tests/truncate
WITGEN := $(OBJ)/tests/witgen
DIFFER := $(OBJ)/tests/differ
HOSTILE := $(OBJ)/tests/hostile_modules $(OBJ)/tests/hostile_components
VECTORS := $(OBJ)/tests/abi_vectors
ALLOC_FAIL := $(OBJ)/tests/alloc_fail
LIB := $(OBJ)/libwitc.a

# V=1 shows the commands.
Q := $(if $(V),,@)
say = $(if $(V),,@echo "  $(1)")

.PHONY: all tests check test stress layers headers sizes format format-check compilers fuzz demo bench bench-load bench-components bench-linking bench-engine \
	bench-driver bench-serve bench-wasi census \
	grammar deps install uninstall clean help test-programs

all: $(WITC) ## build build/witc

ifeq ($(strip $(PACKAGE_LIBS)),)
$(WITC): missing-libraries
.PHONY: missing-libraries
missing-libraries:
	@echo "libtree-sitter or libyaml is missing: 'make deps' installs what a build needs" >&2; exit 1
endif

$(WITC): $(CLI_OBJ) $(LIB)
	$(call say,LINK $@)
	$(Q)$(CC) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(LIB): $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(OBJ)/grammar/src/%.o: grammar/src/%.c
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) -w -std=gnu11 $(CFLAGS_$(MODE)) -Igrammar/src -MMD -MP -c -o $@ $<

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(if $(filter $(SMALL),$(<D) $<),$(CFLAGS_small_$(MODE))) -MMD -MP -c -o $@ $<

$(OBJ)/tests/fuzz_%: tests/fuzz/fuzz_%.c $(if $(filter fuzz,$(MODE)),,tests/fuzz/replay.c) $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LIB) $(LDLIBS)

$(addprefix $(OBJ)/tests/fuzz_,bindgen format report wit): tests/witgen.c tests/witgen.h

# Random modules in the interpreter and in the plain evaluator.
DIFFER_SRC := $(wildcard tests/modgen*.c tests/reference/*.c) tests/differ.c
DIFFER_OBJ := $(DIFFER_SRC:%.c=$(OBJ)/%.o)
$(OBJ)/tests/fuzz_differ: $(DIFFER_OBJ)
$(DIFFER): tests/differ_main.c tests/transcript.c $(DIFFER_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(WITGEN): tests/witgen_main.c tests/witgen.c tests/witgen.h $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $(filter %.c,$^) $(LIB) $(LDLIBS)

$(ALLOC_FAIL): tests/alloc_fail.c $(DIFFER_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
		-o $@ $^ $(LDLIBS)

$(HOSTILE): $(OBJ)/tests/hostile_%: tests/hostile_%.c $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(VECTORS): tests/abi/run.c $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(TRUNCATE): tests/truncate.c $(CLI_NO_MAIN) $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OBJ)/tests/%: tests/unit/%.c tests/test.h tests/machine.h $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LIB) $(LDLIBS)

# The network by script.
FAKE_NET := $(OBJ)/tests/fake_net.o
$(addprefix $(OBJ)/tests/,test_wasi_sockets test_wasi_fake fuzz_wasi): $(FAKE_NET)
$(addprefix $(OBJ)/tests/,test_wasi_sockets test_wasi_fake): tests/sockets.h tests/wasi.h

test-programs: $(WITC) $(UNIT) $(REPLAYS) $(TRUNCATE) $(WITGEN) $(DIFFER) $(HOSTILE) $(ALLOC_FAIL) $(VECTORS)

check: $(WITC) $(UNIT) ## the quick tests: unit, golden, command line
	@tests/run.sh quick

test: ## everything, with sanitizers too; ends with "N passed, N failed, N skipped"
	@tools/deps.sh
	@$(MAKE) --no-print-directory test-programs
	@$(MAKE) --no-print-directory MODE=asan test-programs
	@tests/run.sh full

stress: ## the tests of a build where every allocation stands alone
	@$(MAKE) --no-print-directory MODE=stress test-programs
	@tests/run.sh stress

layers: ## check every #include against the ranks of the folders
	@tools/layers.sh

headers: ## compile each header alone
	@tools/headers.sh "$(CC)" $(CPPFLAGS) $(CFLAGS)

sizes: ## name files over 1,000 lines and functions over 60
	@tools/sizes.sh

format: ## lay out all C files as .clang-format says
	@tools/format.sh

format-check: ## tell which C files `make format` would change
	@tools/format.sh --check

compilers: ## build everything with gcc and with clang, warnings as errors; both forms of the handlers
	@$(MAKE) --no-print-directory CC=gcc test-programs
	@. tools/toolchain.sh; $(MAKE) --no-print-directory CC=$$CLANG test-programs
	@$(MAKE) --no-print-directory CC=gcc forms
	@. tools/toolchain.sh; $(MAKE) --no-print-directory CC=$$CLANG forms

.PHONY: broken show-flags
broken: ## break one guard of the host after the other: a test has to notice each (all, or SECONDS_ALL long)
	@$(MAKE) --no-print-directory test-programs
	@$(MAKE) --no-print-directory MODE=asan test-programs
	@tests/broken/run --seconds $${SECONDS_ALL:-0}

show-flags: # for tests/broken/run
	$(foreach name,OBJ WITC CCACHE CC CPPFLAGS LDLIBS CLI_OBJ,$(info $(name)=$($(name))))
	$(info CFLAGS=$(CFLAGS))
	$(info LDFLAGS=$(LDFLAGS_$(MODE)) $(LDFLAGS))
	@:

.PHONY: forms handlers
forms: ## run the official scripts and random modules in both forms of the handlers
	@$(MAKE) --no-print-directory TRAMPOLINE= run-forms
	@$(MAKE) --no-print-directory TRAMPOLINE=1 run-forms

.PHONY: run-forms
run-forms: $(WITC) $(OBJ)/tests/test_interpreter $(DIFFER)
	@$(OBJ)/tests/test_interpreter
	@tests/scripts.sh $(WITC)
	@$(DIFFER) -o $(BUILD) 1000

handlers: $(LIB) ## check that the hot handlers need no frame on C's stack
	@tools/handlers.sh $(OBJ)/interpreter

fuzz: ## run each fuzz target for SECONDS_EACH (50) seconds
	@$(MAKE) --no-print-directory MODE=fuzz fuzzers
	@tests/fuzz.sh $${SECONDS_EACH:-50} $(BUILD)/obj-fuzz*/tests

.PHONY: fuzzers
fuzzers: $(REPLAYS)

.PHONY: interop
interop: $(WITC) ## compose components of C, Rust, Go, JavaScript and Python, each with each, and run them
	@interop/run.sh $(WITC)

demo: ## build what is missing and go through examples/calculator
	@tools/deps.sh
	@$(MAKE) --no-print-directory all
	@tools/demo.sh

bench: all ## time and sizes for the example
	@bench/run.sh

bench-load: all ## how fast modules are validated, prepared and instantiated, and what calls cost
	@bench/load.sh

bench-components: all ## what calls between components and the host cost
	@bench/components.sh

bench-serve: all ## requests a second and latencies of witc serve
	@bench/serve.sh

bench-wasi: all ## components that start, sleep, copy files and answer requests, beside cp and wasmtime
	@bench/wasi/run.sh

bench-linking: all ## how long components take to make and compose, beside wasm-tools and wac
	@bench/linking.sh

bench-engine: all ## how fast guests run, beside native code and the engines that are installed; and bench-load
	@bench/engine/run.sh
	@bench/load.sh

census: all ## choose the fused handlers anew: writes interpreter/fused.def
	@bench/census.sh >$(BUILD)/fused.def && mv $(BUILD)/fused.def interpreter/fused.def

# What bench/engine measures witc with.
BENCH_DRIVER := $(BUILD)/bench/engine/driver
bench-driver: $(BENCH_DRIVER)
$(BENCH_DRIVER): bench/engine/driver.c $(LIB)
	@mkdir -p $(@D)
	$(call say,CC $@)
	$(Q)$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) $(LDFLAGS) -o $@ $< $(LIB) $(LDLIBS)

grammar: ## generate grammar/src/parser.c from grammar.js (needs tree-sitter's command)
	cd grammar && tree-sitter generate --abi=14 && rm -f src/tree_sitter/alloc.h src/tree_sitter/array.h

deps: ## install by apt-get what building and testing needs and is missing
	@tools/deps.sh

PREFIX ?= /usr/local
DESTDIR ?=
install: all ## install program, library, headers, manual pages and completions below PREFIX
	@tools/install.sh "$(WITC)" "$(LIB)" "$(DESTDIR)" "$(PREFIX)" "$(VERSION)"

uninstall: ## remove what `make install` has installed
	@tools/install.sh --remove "$(DESTDIR)" "$(PREFIX)"

clean: ## remove build/
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(DIFFER_OBJ:.o=.d) $(FAKE_NET:.o=.d)
