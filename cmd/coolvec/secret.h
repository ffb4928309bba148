/*
 * secret.h - passwords: from the terminal without echo, or from a file's first line.
 *
 * A password never comes from the command line or the environment, where others could see it.
 */

#ifndef COOLVEC_SECRET_H
#define COOLVEC_SECRET_H

#include "err.h"

/* Ask on the controlling terminal.  0 and *secret, or an exit status and the reason. */
int secret_ask(const char *prompt, char **secret, struct err *err);

/*
 * The next line of standard input (`file` "-"), or the first one of a file, without LF or CR LF.
 * 0 and *secret, or an exit status and the reason.
 */
int secret_read(const char *file, char **secret, struct err *err);

/* Overwrite and free it; NULL is fine. */
void secret_free(char *secret);

/* From now on all memory that JSON gives back is overwritten, for it may hold a password. */
void secret_wipe_json(void);

#endif
