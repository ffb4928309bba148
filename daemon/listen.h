/*
 * listen.h - a socket to listen on, and telling others that we do.
 */

#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>

#include "err.h"

/*
 * A listening UNIX socket: the one systemd passed (LISTEN_FDS, then *passed), else bound at `path`,
 * 0600, or 0660 and of `group`.  A socket that a dead daemon left is replaced, one that answers is
 * not.  The descriptor, or -1 and the reason.
 */
int listen_open(const char *path, const char *group, bool *passed, struct err *err);

/* Tell systemd, if it asked to be told (NOTIFY_SOCKET): "READY=1", "STOPPING=1". */
void listen_notify(const char *state);

#endif
