/*
 * command.c - the table of commands.
 */

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "suggest.h"
#include "wire.h"

#define OPTIONS(...) (const enum opt[]){ __VA_ARGS__, OPT_END }
#define NO_OPTIONS (const enum opt[]){ OPT_END }

const struct command commands[] = {
	{ "register", NULL, "NAME", 1, 1, "make a user", OPTIONS(OPT_PASSWORD_FILE), cmd_register },
	{ "login", NULL, "NAME", 1, 1, "log in; the token is kept for the next commands",
	    OPTIONS(OPT_PASSWORD_FILE), cmd_login },
	{ "logout", NULL, "", 0, 0, "end the session", NO_OPTIONS, cmd_logout },
	{ "passwd", NULL, "", 0, 0, "change the password and end all sessions",
	    OPTIONS(OPT_PASSWORD_FILE, OPT_NEW_PASSWORD_FILE), cmd_passwd },
	{ "whoami", NULL, "", 0, 0, "print the user's name", NO_OPTIONS, cmd_whoami },
	{ "prefs", NULL, "", 0, 0, "show or set the preferred metric and collection",
	    OPTIONS(OPT_METRIC), cmd_prefs },
	{ "add", NULL, "TEXT... | -", 0, -1, "store texts and print their ids",
	    OPTIONS(OPT_JSONL, OPT_NUL, OPT_KEY, OPT_META, OPT_VECTOR, OPT_PROGRESS), cmd_add },
	{ "similarity", NULL, "ID... | -", 0, -1, "the nearest to an item, a text or a vector",
	    OPTIONS(OPT_TEXT, OPT_VECTOR, OPT_NEAREST, OPT_EF, OPT_EXACT, OPT_METRIC, OPT_FIELDS,
		OPT_WHERE, OPT_NUL),
	    cmd_similarity },
	{ "search", NULL, "TEXT... | -", 1, -1, "the nearest to a text",
	    OPTIONS(OPT_NEAREST, OPT_EF, OPT_EXACT, OPT_METRIC, OPT_FIELDS, OPT_WHERE, OPT_NUL),
	    cmd_search },
	{ "distance", NULL, "ID1 ID2", 2, 2, "how far two items are from each other",
	    OPTIONS(OPT_METRIC), cmd_distance },
	{ "get", NULL, "ID... | -", 0, -1, "show items",
	    OPTIONS(OPT_WITH_VECTOR, OPT_FIELDS, OPT_NUL), cmd_get },
	{ "list", "ls", "", 0, 0, "show all items by id",
	    OPTIONS(OPT_WHERE, OPT_LIMIT, OPT_AFTER, OPT_FIELDS), cmd_list },
	{ "count", NULL, "", 0, 0, "how many items there are", OPTIONS(OPT_WHERE), cmd_count },
	{ "update", NULL, "ID", 1, 1, "change an item and keep its id",
	    OPTIONS(OPT_TEXT, OPT_META, OPT_VECTOR), cmd_update },
	{ "delete", "rm", "ID... | -", 0, -1, "delete items and print their ids",
	    OPTIONS(OPT_KEY, OPT_WHERE, OPT_NUL), cmd_delete },
	{ "embed", NULL, "TEXT... | -", 0, -1, "print the vectors of texts, storing nothing",
	    OPTIONS(OPT_BASE64, OPT_NUL, OPT_PROGRESS), cmd_embed },
	{ "import", NULL, "FILE | -", 1, 1, "store what a file holds: fvecs, npy, jsonl, tsv",
	    OPTIONS(OPT_FORMAT, OPT_KEY_MEMBER, OPT_PROGRESS), cmd_import },
	{ "export", NULL, "[FILE | -]", 0, 1, "write all items, with their vectors, to a file",
	    OPTIONS(OPT_FORMAT, OPT_PROGRESS), cmd_export },
	{ "collection create", NULL, "NAME", 1, 1, "make a collection",
	    OPTIONS(OPT_METRIC, OPT_DIM, OPT_EMBEDDER, OPT_CODES, OPT_M, OPT_EF_CONSTRUCTION),
	    cmd_collection_create },
	{ "collection list", "collection ls", "", 0, 0, "show the collections", NO_OPTIONS,
	    cmd_collection_list },
	{ "collection show", NULL, "[NAME]", 0, 1, "describe a collection", NO_OPTIONS,
	    cmd_collection_show },
	{ "collection drop", NULL, "NAME", 1, 1, "delete a collection and all in it",
	    OPTIONS(OPT_YES), cmd_collection_drop },
	{ "stats", NULL, "", 0, 0, "figures of the collection and the daemon", NO_OPTIONS,
	    cmd_stats },
	{ "verify", NULL, "", 0, 0, "check the stored vectors and the index",
	    OPTIONS(OPT_FULL, OPT_REPAIR), cmd_verify },
	{ "compact", NULL, "", 0, 0, "give the space of deleted vectors back", OPTIONS(OPT_NO_WAIT),
	    cmd_compact },
	{ "reindex", NULL, "", 0, 0, "embed all texts anew, maybe by another embedder",
	    OPTIONS(OPT_EMBEDDER, OPT_DIM, OPT_METRIC, OPT_CANCEL, OPT_NO_WAIT), cmd_reindex },
	{ "snapshot", NULL, "DIR", 1, 1, "copy all the daemon has into a new folder", NO_OPTIONS,
	    cmd_snapshot },
	{ "ping", NULL, "", 0, 0, "see whether the daemon answers", NO_OPTIONS, cmd_ping },
	{ "repl", NULL, "", 0, 0, "the prompt: many commands on one connection",
	    OPTIONS(OPT_EXECUTE, OPT_FILE), cmd_repl },
	{ "completion", NULL, "bash | zsh | fish", 1, 1, "print the completion of a shell",
	    NO_OPTIONS, cmd_completion },
	{ "help", NULL, "[COMMAND]", 0, 2, "explain the commands", NO_OPTIONS, cmd_help },
	{ "version", NULL, "", 0, 0, "print the version", NO_OPTIONS, cmd_version },
};
const size_t ncommands = sizeof(commands) / sizeof(commands[0]);

static int
is(const char *name, const char *word)
{
	return name != NULL && strcmp(name, word) == 0;
}

const struct command *
command_find(const char *first, const char *second)
{
	char both[64];

	both[0] = '\0';
	if (second != NULL)
		snprintf(both, sizeof(both), "%s %s", first, second);
	for (size_t i = 0; i < ncommands; i++) {
		const struct command *c = &commands[i];
		if (is(c->name, first) || is(c->alias, first) || is(c->name, both) ||
		    is(c->alias, both))
			return c;
	}
	return NULL;
}

int
command_takes_file(const struct command *c)
{
	return c->run == cmd_import || c->run == cmd_export;
}

int
command_is_group(const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < ncommands; i++)
		if (strncmp(commands[i].name, word, n) == 0 && commands[i].name[n] == ' ')
			return 1;
	return 0;
}

static int
unknown_in_group(const char *group, const char *word, struct err *err)
{
	const char *names[sizeof(commands) / sizeof(commands[0])];
	const char *best = NULL;
	char list[128];
	size_t n = strlen(group), count = 0;

	for (size_t i = 0; i < ncommands; i++)
		if (strncmp(commands[i].name, group, n) == 0 && commands[i].name[n] == ' ')
			names[count++] = commands[i].name + n + 1;
	if (word == NULL || word[0] == '-') {
		snprintf(list, sizeof(list), "%s", names[0]);
		for (size_t i = 1; i < count; i++)
			snprintf(
			    list + strlen(list), sizeof(list) - strlen(list), ", %s", names[i]);
		return err_set(err, EXIT_USAGE, "%s needs one of: %s", group, list);
	}
	if ((best = suggest(word, names, count)) != NULL)
		return err_set(err, EXIT_USAGE,
		    "there is no command \"%s %s\"; did you mean %s %s?", group, word, group, best);
	return err_set(err, EXIT_USAGE, "there is no command \"%s %s\"; see coolvec help %s", group,
	    word, group);
}

int
command_unknown(const char *first, const char *second, struct err *err)
{
	const char *names[2 * sizeof(commands) / sizeof(commands[0]) + 1];
	const char *best;
	size_t count = 0;

	if (command_is_group(first))
		return unknown_in_group(first, second, err);
	names[count++] = "collection";
	for (size_t i = 0; i < ncommands; i++) {
		names[count++] = commands[i].name;
		if (commands[i].alias != NULL)
			names[count++] = commands[i].alias;
	}
	if ((best = suggest(first, names, count)) != NULL)
		return err_set(
		    err, EXIT_USAGE, "there is no command \"%s\"; did you mean %s?", first, best);
	return err_set(err, EXIT_USAGE, "there is no command \"%s\"; see coolvec help", first);
}
