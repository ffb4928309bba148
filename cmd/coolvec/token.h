/*
 * token.h - where the access token is kept between commands.
 *
 * One file a socket, so that two daemons do not overwrite one another's: token- and the socket's
 * path, its slashes as %2F, in $XDG_STATE_HOME/coolvec (~/.local/state/coolvec).  The folder is
 * made 0700, the file 0600.
 */

#ifndef COOLVEC_TOKEN_H
#define COOLVEC_TOKEN_H

#include <stddef.h>

#include "err.h"

/* The token's file for the daemon at `socket`.  0, or -1 and the reason. */
int token_path(const char *socket, char *path, size_t n, struct err *err);

/*
 * Read the token from a file.  One that others may read or write is refused.  0 and *token (free
 * it), 1 when there is no such file, or -1 and the reason.
 */
int token_load(const char *path, char **token, struct err *err);

/* Keep it, or forget it (no file: fine).  0, or -1 and the reason. */
int token_store(const char *path, const char *token, struct err *err);
int token_remove(const char *path, struct err *err);

#endif
