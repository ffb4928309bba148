/*
 * session.h - the prompt between its files: many commands, one connection.
 *
 * repl.c reads lines, session.c runs them and knows who and where one is, session_meta.c has the
 * commands of the prompt itself, session_complete.c what a word may become.
 */

#ifndef COOLVEC_SESSION_H
#define COOLVEC_SESSION_H

#include <stdbool.h>

#include "app.h"
#include "line.h"
#include "split.h"

struct session {
	struct app *app;	/* runs the commands one after the other; its connection stays */
	struct args base;	/* of the prompt itself: they count for every command */
	bool interactive;	/* somebody types */
	bool timing;		/* \timing */
	bool expanded;		/* \x */
	bool ended;		/* \q */
	int depth;		/* of files in files */
	int output;		/* \o: where results go, -1: standard output */
	char *last;		/* the last command's line, for \watch; NULL: none yet */
	char user[72];		/* empty: not known, or nobody is logged in */
	char collection[72];	/* that is preferred; empty: not known */
};

#define SESSION_DEPTH 16

void session_init(struct session *s, struct app *app);
void session_fini(struct session *s);

/* What to show before a line: user, collection, and whether the daemon is there. */
void session_prompt(struct session *s, char *prompt, size_t n);

/* Run a line: a command, one of the prompt's own, a comment or nothing.  The exit status. */
int session_run(struct session *s, const char *line);

/* Run the lines of a file (`-`: standard input) or of a text, up to the first that fails. */
int session_run_file(struct session *s, const char *file);
int session_run_text(struct session *s, const char *text);

/* Whether a line may be remembered: not with a blank in front, nor a command with a password. */
bool session_may_keep(const char *line);

/* Ask without a word about failures.  0 and the answer, which the caller ends; or -1. */
int session_ask(struct session *s, const char *op, json_t *args, struct client_reply *r);

/* --- the prompt's own commands ---------------------------------------------------------------- */

/* Run the words when they are one of them: true (always, with a backslash in front) and *status. */
bool session_meta(struct session *s, const struct words *w, bool backslash, int *status);

/* \! */
int session_shell(const char *command);

/* Their names with the backslash, ending in NULL; and what the word after one may be. */
enum meta_word { META_NOTHING, META_COLLECTION, META_COMMAND, META_FILE };
const char *session_meta_name(size_t i);
bool session_meta_word(const char *name, bool backslash, enum meta_word *word);

/* --- completion ------------------------------------------------------------------------------- */

/* For line_open; `arg` is the session. */
void session_complete(void *arg, const char *before, const char *word, struct candidates *out);

/* Free what the daemon was asked for the last completion. */
void session_forget_words(void);

#endif
