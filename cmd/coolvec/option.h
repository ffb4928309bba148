/*
 * option.h - the options, as one table, and a command line read by it.
 *
 * A command names the options it takes (command.h); the global ones go with every command, before
 * or after its name.  Options and words come in any order; `--` ends the options.  A value follows
 * as --name=value, --name value, -nvalue or -n value; the last one given counts.
 */

#ifndef COOLVEC_OPTION_H
#define COOLVEC_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum opt {
	OPT_END = 0,
	/* of every command */
	OPT_SOCKET,
	OPT_ENV,
	OPT_COLLECTION,
	OPT_TOKEN_FILE,
	OPT_JSON,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION,
	OPT_LOCAL,		/* those from here on belong to some commands */
	OPT_NUL = OPT_LOCAL,
	OPT_JSONL,
	OPT_KEY,
	OPT_KEY_MEMBER,		/* `import --key` */
	OPT_META,
	OPT_VECTOR,
	OPT_WITH_VECTOR,	/* `get --vector` has no value */
	OPT_TEXT,
	OPT_NEAREST,
	OPT_EF,
	OPT_EXACT,
	OPT_METRIC,
	OPT_FIELDS,
	OPT_WHERE,
	OPT_LIMIT,
	OPT_AFTER,
	OPT_DIM,
	OPT_EMBEDDER,
	OPT_CODES,
	OPT_M,
	OPT_EF_CONSTRUCTION,
	OPT_YES,
	OPT_FULL,
	OPT_REPAIR,
	OPT_CANCEL,
	OPT_NO_WAIT,
	OPT_BASE64,
	OPT_PROGRESS,
	OPT_FORMAT,
	OPT_EXECUTE,
	OPT_FILE,
	OPT_PASSWORD_FILE,
	OPT_NEW_PASSWORD_FILE,
	OPT_N
};

/* What a value is, for completion. */
enum opt_kind { KIND_NONE, KIND_FILE, KIND_METRIC, KIND_CODES, KIND_EMBEDDER, KIND_FIELDS, KIND_FORMAT };

struct option {
	const char *name;	/* without the dashes */
	char letter;		/* 0: none */
	const char *arg;	/* what its value is called; NULL: it has none */
	enum opt_kind kind;
	const char *help;
};

/* The table's row. */
const struct option *option_get(enum opt o);

/* The words a value can be, ending in NULL; NULL when they are not a fixed set. */
const char *const *option_values(enum opt_kind kind);

struct command;

/* A command line that was read.  All strings are argv's. */
struct args {
	const struct command *command;	/* NULL: none was named */
	bool given[OPT_N];
	const char *value[OPT_N];
	char **words;			/* after the command's name */
	int nwords;
	int literal;			/* words from this place on came after `--` */
};

/*
 * Read argv.  `words` is room for argc of them.  Returns 0, or an exit status with the reason;
 * a->command is then the command as far as it was recognised.
 */
int args_parse(int argc, char **argv, char **words, struct args *a, struct err *err);

/* The option that `word` is, as -k or --metric, a global one or one of `c` (may be NULL).  OPT_END:
 * none. */
enum opt args_option(const struct command *c, const char *word);

/* Whether word `i` is the `-` that means standard input. */
bool args_is_stdin(const struct args *a, int i);

#endif
