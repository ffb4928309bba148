/*
 * command.h - the commands, as one table.
 *
 * Parsing, help, the three completions and the suggestions for a typo all read this table; a
 * command is a row here, a function in a file of its own, and a section in coolvec(1).
 */

#ifndef COOLVEC_COMMAND_H
#define COOLVEC_COMMAND_H

#include <stddef.h>

#include "err.h"
#include "option.h"

struct app;

struct command {
	const char *name;	/* one word, or two as in "collection list" */
	const char *alias;	/* NULL: none */
	const char *words;	/* what comes after the name, as the usage line shows it */
	int least, most;	/* how many words; most -1: any number */
	const char *summary;	/* a line, lower case */
	const enum opt *options;	/* its own, ending in OPT_END */
	int (*run)(struct app *app);	/* returns the exit status; has said what failed */
};

/* All commands, in the order of the help. */
extern const struct command commands[];
extern const size_t ncommands;

/*
 * The command called `first`, or by the two words (`second` may be NULL).  NULL when there is none.
 */
const struct command *command_find(const char *first, const char *second);

/* Whether its word is a file. */
int command_takes_file(const struct command *c);

/* Whether `word` begins commands of two words, as "collection" does. */
int command_is_group(const char *word);

/* Says that there is no such command, and which one was probably meant.  Returns EXIT_USAGE. */
int command_unknown(const char *first, const char *second, struct err *err);

int cmd_add(struct app *app);
int cmd_collection_create(struct app *app);
int cmd_collection_drop(struct app *app);
int cmd_collection_list(struct app *app);
int cmd_collection_show(struct app *app);
int cmd_compact(struct app *app);
int cmd_completion(struct app *app);
int cmd_count(struct app *app);
int cmd_delete(struct app *app);
int cmd_distance(struct app *app);
int cmd_embed(struct app *app);
int cmd_export(struct app *app);
int cmd_get(struct app *app);
int cmd_help(struct app *app);
int cmd_import(struct app *app);
int cmd_list(struct app *app);
int cmd_login(struct app *app);
int cmd_logout(struct app *app);
int cmd_passwd(struct app *app);
int cmd_ping(struct app *app);
int cmd_prefs(struct app *app);
int cmd_register(struct app *app);
int cmd_reindex(struct app *app);
int cmd_repl(struct app *app);
int cmd_search(struct app *app);
int cmd_similarity(struct app *app);
int cmd_snapshot(struct app *app);
int cmd_stats(struct app *app);
int cmd_update(struct app *app);
int cmd_verify(struct app *app);
int cmd_version(struct app *app);
int cmd_whoami(struct app *app);

#endif
