/*
 * sock.h - where the daemon's socket is.
 */

#ifndef PROTO_SOCK_H
#define PROTO_SOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * The socket's path into `path` (`n` bytes; sun_path's 108 are enough): `given` when not NULL (a flag or
 * COOLVEC_SOCKET), else $XDG_RUNTIME_DIR/coolvec/coolvecd.sock, else /run/coolvec/coolvecd.sock for
 * root, else coolvecd.sock in a folder of the user's, 0700, under TMPDIR.  With `make` the folder is
 * made when it is missing; a default folder that others own or may write is refused.
 * Returns 0, or -1 and the reason.
 */
int sock_path(const char *given, bool make, char *path, size_t n, struct err *err);

#endif
