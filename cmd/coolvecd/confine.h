/*
 * confine.h - what of the file system the daemon keeps.
 */

#ifndef CONFINE_H
#define CONFINE_H

#include "err.h"
#include "settings.h"

/*
 * Enter the sandbox as the settings say: left are the data folder, the folder of `socket`, those of
 * COOLVEC_SNAPSHOT_DIRS, and to read what libpq looks for.  Before any thread is started.  0, or -1
 * and the reason.
 */
int confine(const struct settings *s, const char *socket, struct err *err);

#endif
