/*
 * env.h - settings: the environment, and below it a .env file.
 *
 * A .env line is NAME=value, with an optional `export ` before it.  The value is taken as it stands,
 * without the blanks around it; in double quotes \n \t \" \\ are understood, in single quotes nothing
 * is; outside quotes a `#` after a blank begins a comment.  There is no expansion of variables.
 */

#ifndef BASE_ENV_H
#define BASE_ENV_H

#include "err.h"

struct env;

/*
 * Read the file; one that is not there is an empty one, unless `must`.  Returns 0, or -1 and the
 * reason with the line's number (never its text, which may be a secret).
 */
int env_load(const char *path, int must, struct env **out, struct err *err);
void env_free(struct env *e);

/* The setting: from the environment if there and not empty, else from the file, else NULL.  Borrowed. */
const char *env_get(const struct env *e, const char *name);

/*
 * The same for a path: a relative one from the file is relative to the file's folder, one from the
 * environment (or `fallback`, when neither has it) to the working directory.  free it.  NULL: not
 * set and no fallback, or no memory.
 */
char *env_path(const struct env *e, const char *name, const char *fallback);

/* Calls `fn` for each name in the file, in order. */
void env_each(const struct env *e, void (*fn)(void *arg, const char *name), void *arg);

#endif
