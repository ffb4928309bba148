/*
 * startup.h - the folder against the metadata, before anybody is served.
 */

#ifndef STARTUP_H
#define STARTUP_H

#include "daemon.h"

/*
 * Look at every collection's file without opening it, say what cannot be right, and remove what a
 * dropped collection left behind.  One bad collection never stops the others.  0, or -1 when the
 * metadata cannot be read.
 */
int startup_check(struct daemon *d, struct err *err);

#endif
