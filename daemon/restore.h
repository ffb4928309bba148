/*
 * restore.h - a data folder made of a snapshot.
 */

#ifndef RESTORE_H
#define RESTORE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct restored {
	int64_t created;	/* when the snapshot was made, seconds since 1970 */
	size_t files;
	uint64_t bytes;
};

/*
 * Check every file of the snapshot `from` against its manifest, then copy them, durable, into the
 * folder `data`, which must be missing or empty and is all there or not touched.  0, or -1 and the
 * reason.
 */
int restore_data(const char *from, const char *data, struct restored *r, struct err *err);

#endif
