/*
 * state.h - what stays between runs: the token's files, the prompt's history.
 */

#ifndef COOLVEC_STATE_H
#define COOLVEC_STATE_H

#include <stddef.h>

#include "err.h"

/*
 * The path of the file `name` in $XDG_STATE_HOME/coolvec, else in ~/.local/state/coolvec; the
 * folder need not be there.  0, or -1 and the reason.
 */
int state_path(const char *name, char *path, size_t n, struct err *err);

/* Make the folder of that path, 0700, if it is not there.  0, or -1 and the reason. */
int state_make_folder(const char *path, struct err *err);

#endif
