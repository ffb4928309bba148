/*
 * listen.h - where HTTP is served.
 */

#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * Listen at `where`, which is HOST:PORT or [V6]:PORT (port 0: any).  Unless `anywhere`, an address
 * that is not of the loopback is refused.  *fd is the socket, non-blocking; `at` (n bytes) gets the
 * address as it came to be, *loopback whether it is one, and `host` (nhost bytes) the host of
 * `where`. 0, or -1 and the reason.
 */
int listen_at(const char *where, bool anywhere, int *fd, bool *loopback, char *host, size_t nhost,
    char *at, size_t n, struct err *err);

#endif
