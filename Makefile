# witc: everything is built below build/. `make help` lists the targets.
MODE ?= release
BUILD := build
OBJ := $(BUILD)/obj-$(MODE)

CC ?= cc
CCACHE := $(shell command -v ccache 2>/dev/null)
PACKAGES := tree-sitter yaml-0.1
WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter
CFLAGS_release := -O2
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_asan := -fsanitize=address,undefined
CPPFLAGS += -I. -D_GNU_SOURCE $(shell pkg-config --cflags $(PACKAGES))
CFLAGS += -std=gnu11 -g $(WARN) $(CFLAGS_$(MODE))
LDLIBS += $(shell pkg-config --libs $(PACKAGES)) -lm

LIB_FOLDERS := base grammar/src model core witc canonical-abi bindgen component wat interpreter wasi
LIB_SRC := $(foreach d,$(LIB_FOLDERS),$(wildcard $(d)/*.c))
CLI_SRC := $(wildcard cli/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(OBJ)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(OBJ)/%.o)
UNIT := $(patsubst tests/unit/%.c,$(OBJ)/tests/%,$(wildcard tests/unit/*.c))

ifeq ($(MODE),release)
WITC := $(BUILD)/witc
else
WITC := $(BUILD)/witc-$(MODE)
endif

.PHONY: all check clean
all: $(WITC)

$(WITC): $(CLI_OBJ) $(OBJ)/libwitc.a
	$(CC) $(LDFLAGS_$(MODE)) -o $@ $^ $(LDLIBS)

$(OBJ)/libwitc.a: $(LIB_OBJ)
	rm -f $@ && ar rcs $@ $^

$(OBJ)/grammar/src/%.o: grammar/src/%.c
	@mkdir -p $(@D)
	$(CCACHE) $(CC) -w -std=gnu11 $(CFLAGS_$(MODE)) -Igrammar/src -MMD -MP -c -o $@ $<

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OBJ)/tests/%: tests/unit/%.c tests/test.h $(OBJ)/libwitc.a
	@mkdir -p $(@D)
	$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS_$(MODE)) -o $@ $< $(OBJ)/libwitc.a $(LDLIBS)

check: $(WITC) $(UNIT)
	@for t in $(UNIT); do $$t || exit 1; done

clean:
	rm -rf $(BUILD)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d)
