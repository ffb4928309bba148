/*
 * option.c - the table of options, and the parser that reads it.
 */

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "option.h"
#include "suggest.h"
#include "wire.h"

static const struct option table[OPT_N] = {
	[OPT_SOCKET] = { "socket", 0, "PATH", KIND_FILE, "the daemon's socket" },
	[OPT_ENV] = { "env", 0, "FILE", KIND_FILE, "read settings from FILE instead of ./.env" },
	[OPT_COLLECTION] = { "collection", 'c', "NAME", KIND_NONE, "the collection" },
	[OPT_TOKEN_FILE] = { "token-file", 0, "FILE", KIND_FILE,
	    "read the access token from FILE" },
	[OPT_JSON] = { "json", 0, NULL, KIND_NONE, "print JSON, one object a line" },
	[OPT_QUIET] = { "quiet", 'q', NULL, KIND_NONE, "no remarks on standard error" },
	[OPT_HELP] = { "help", 'h', NULL, KIND_NONE, "explain the command" },
	[OPT_VERSION] = { "version", 0, NULL, KIND_NONE, "print the version" },
	[OPT_NUL] = { "null", '0', NULL, KIND_NONE,
	    "standard input is separated by NUL, not by lines" },
	[OPT_JSONL] = { "jsonl", 0, NULL, KIND_NONE,
	    "standard input has objects with text, vector, key, meta" },
	[OPT_KEY] = { "key", 0, "KEY", KIND_NONE, "your own unique name for the item" },
	[OPT_KEY_MEMBER] = { "key", 0, "MEMBER", KIND_NONE,
	    "the member that is the key; row: the place in the file" },
	[OPT_META] = { "meta", 0, "JSON", KIND_NONE, "an object to keep with the item" },
	[OPT_VECTOR] = { "vector", 0, "FILE", KIND_FILE,
	    "read the vector from FILE, - for standard input" },
	[OPT_WITH_VECTOR] = { "vector", 0, NULL, KIND_NONE, "show the vectors too" },
	[OPT_TEXT] = { "text", 0, "TEXT", KIND_NONE, "the text" },
	[OPT_NEAREST] = { "k", 'k', "N", KIND_NONE, "how many results (5)" },
	[OPT_EF] = { "ef", 0, "N", KIND_NONE, "candidates the search keeps (100)" },
	[OPT_EXACT] = { "exact", 0, NULL, KIND_NONE, "compare with every vector" },
	[OPT_METRIC] = { "metric", 0, "METRIC", KIND_METRIC, "cosine, l2, ip or l1" },
	[OPT_FIELDS] = { "fields", 0, "LIST", KIND_FIELDS, "columns to show: text,key,meta" },
	[OPT_WHERE] = { "where", 0, "FILTER", KIND_NONE, "only items whose meta passes the filter" },
	[OPT_LIMIT] = { "limit", 0, "N", KIND_NONE, "at most N items" },
	[OPT_AFTER] = { "after", 0, "ID", KIND_NONE, "only ids above ID" },
	[OPT_DIM] = { "dim", 0, "N", KIND_NONE, "components of a vector" },
	[OPT_EMBEDDER] = { "embedder", 0, "NAME", KIND_EMBEDDER,
	    "local, words/NAME, gemini, openai, or none for vectors only" },
	[OPT_CODES] = { "codes", 0, "CODES", KIND_CODES,
	    "fast, or small for half the memory: what the graph goes by" },
	[OPT_M] = { "M", 'M', "N", KIND_NONE, "links of a node in the graph (16; 32 up to 256 components)" },
	[OPT_EF_CONSTRUCTION] = { "ef-construction", 0, "N", KIND_NONE,
	    "candidates kept while linking (200)" },
	[OPT_YES] = { "yes", 0, NULL, KIND_NONE, "do not ask" },
	[OPT_FULL] = { "full", 0, NULL, KIND_NONE, "search for each vector too, and read hnsw.index" },
	[OPT_REPAIR] = { "repair", 0, NULL, KIND_NONE, "embed texts anew whose vectors are damaged" },
	[OPT_CANCEL] = { "cancel", 0, NULL, KIND_NONE, "give up what was begun" },
	[OPT_NO_WAIT] = { "no-wait", 0, NULL, KIND_NONE, "begin, and do not wait for the end" },
	[OPT_BASE64] = { "base64", 0, NULL, KIND_NONE,
	    "vectors as base64 of little-endian float32" },
	[OPT_PROGRESS] = { "progress", 0, NULL, KIND_NONE, "show progress, also off a terminal" },
	[OPT_FORMAT] = { "format", 0, "FORMAT", KIND_FORMAT,
	    "fvecs, npy, jsonl or tsv; by FILE's name when not given" },
	[OPT_EXECUTE] = { "execute", 'e', "LINES", KIND_NONE, "run these lines and leave" },
	[OPT_FILE] = { "file", 'f', "FILE", KIND_FILE,
	    "run the lines of FILE, - for standard input, and leave" },
	[OPT_PASSWORD_FILE] = { "password-file", 0, "FILE", KIND_FILE,
	    "read the password from FILE's first line, - for standard input" },
	[OPT_NEW_PASSWORD_FILE] = { "new-password-file", 0, "FILE", KIND_FILE,
	    "the same for the new password" },
};

const struct option *
option_get(enum opt o)
{
	return &table[o];
}

const char *const *
option_values(enum opt_kind kind)
{
	static const char *const metrics[] = { "cosine", "l2", "ip", "l1", NULL };
	static const char *const codes[] = { "fast", "small", NULL };
	static const char *const embedders[] = { "local", "gemini", "openai", "none", NULL };
	static const char *const fields[] = { "text", "key", "meta", NULL };
	static const char *const formats[] = { "fvecs", "npy", "jsonl", "tsv", NULL };

	switch (kind) {
	case KIND_METRIC:
		return metrics;
	case KIND_CODES:
		return codes;
	case KIND_EMBEDDER:
		return embedders;
	case KIND_FIELDS:
		return fields;
	case KIND_FORMAT:
		return formats;
	case KIND_NONE:
	case KIND_FILE:
		break;
	}
	return NULL;
}

static bool
matches(enum opt o, const char *name, size_t n, char letter)
{
	if (name == NULL)
		return table[o].letter == letter;
	return strlen(table[o].name) == n && memcmp(table[o].name, name, n) == 0;
}

/*
 * The option of that name (NULL: of that letter) among the global ones and the command's.   Before
 * the command is named only the global ones can be meant.
 */
static enum opt
find(const struct command *cmd, const char *name, size_t n, char letter)
{
	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++)
		if (matches((enum opt)o, name, n, letter))
			return (enum opt)o;
	if (cmd != NULL)
		for (const enum opt *o = cmd->options; *o != OPT_END; o++)
			if (matches(*o, name, n, letter))
				return *o;
	return OPT_END;
}

static int
unknown(const struct command *cmd, const char *name, size_t n, struct err *err)
{
	const char *near[OPT_N];
	const char *best;
	char word[64];
	size_t count = 0;

	snprintf(word, sizeof(word), "%.*s", (int)n, name);
	for (int o = OPT_SOCKET; o < OPT_LOCAL; o++)
		near[count++] = table[o].name;
	if (cmd != NULL)
		for (const enum opt *o = cmd->options; *o != OPT_END; o++)
			near[count++] = table[*o].name;
	if ((best = suggest(word, near, count)) != NULL)
		return err_set(
		    err, EXIT_USAGE, "there is no option --%s; did you mean --%s?", word, best);
	if (cmd == NULL)
		return err_set(err, EXIT_USAGE, "there is no option --%s before the command", word);
	return err_set(err, EXIT_USAGE, "%s has no option --%s", cmd->name, word);
}

struct cursor {
	int argc;
	char **argv;
	int i;
};

static int
take_value(struct cursor *at, struct args *a, enum opt o, const char *attached, struct err *err)
{
	a->given[o] = true;
	if (table[o].arg == NULL) {
		if (attached == NULL)
			return 0;
		return err_set(err, EXIT_USAGE, "--%s takes no value", table[o].name);
	}
	if (attached == NULL) {
		if (at->i + 1 >= at->argc)
			return err_set(
			    err, EXIT_USAGE, "--%s needs a value: %s", table[o].name, table[o].arg);
		attached = at->argv[++at->i];
	}
	a->value[o] = attached;
	return 0;
}

static int
take_long(struct cursor *at, struct args *a, struct err *err)
{
	const char *name = at->argv[at->i] + 2;
	const char *eq = strchr(name, '=');
	size_t n = eq != NULL ? (size_t)(eq - name) : strlen(name);
	enum opt o = find(a->command, name, n, 0);

	if (o == OPT_END)
		return unknown(a->command, name, n, err);
	return take_value(at, a, o, eq != NULL ? eq + 1 : NULL, err);
}

static int
take_letters(struct cursor *at, struct args *a, struct err *err)
{
	const char *s = at->argv[at->i] + 1;
	enum opt o;
	int rc;

	for (; *s != '\0'; s++) {
		if ((o = find(a->command, NULL, 0, *s)) == OPT_END) {
			if (a->command == NULL)
				return err_set(err, EXIT_USAGE,
				    "there is no option -%c before the command", *s);
			return err_set(
			    err, EXIT_USAGE, "%s has no option -%c", a->command->name, *s);
		}
		if (table[o].arg != NULL)
			return take_value(at, a, o, s[1] != '\0' ? s + 1 : NULL, err);
		if ((rc = take_value(at, a, o, NULL, err)) != 0)
			return rc;
	}
	return 0;
}

/* The command's name is one word or two (`collection list`). */
static int
take_command(struct cursor *at, struct args *a, struct err *err)
{
	const char *first = at->argv[at->i];
	const char *second = at->i + 1 < at->argc ? at->argv[at->i + 1] : NULL;

	a->command = command_find(first, second);
	if (a->command == NULL)
		return command_unknown(first, second, err);
	if (strchr(a->command->name, ' ') != NULL)
		at->i++;
	return 0;
}

int
args_parse(int argc, char **argv, char **words, struct args *a, struct err *err)
{
	struct cursor at = { argc, argv, 1 };
	bool options = true;
	int rc = 0;

	*a = (struct args){ .words = words, .literal = argc };
	for (; rc == 0 && at.i < argc; at.i++) {
		const char *s = argv[at.i];
		if (options && strcmp(s, "--") == 0) {
			options = false;
			a->literal = a->nwords;
		} else if (options && s[0] == '-' && s[1] == '-') {
			rc = take_long(&at, a, err);
		} else if (options && s[0] == '-' && s[1] != '\0') {
			rc = take_letters(&at, a, err);
		} else if (a->command == NULL) {
			rc = take_command(&at, a, err);
		} else {
			words[a->nwords++] = argv[at.i];
		}
	}
	return rc;
}

enum opt
args_option(const struct command *c, const char *word)
{
	if (word[0] != '-' || word[1] == '\0')
		return OPT_END;
	if (word[1] == '-')
		return find(c, word + 2, strlen(word + 2), 0);
	return word[2] == '\0' ? find(c, NULL, 0, word[1]) : OPT_END;
}

bool
args_is_stdin(const struct args *a, int i)
{
	return i < a->literal && strcmp(a->words[i], "-") == 0;
}
