/*
 * manifest.h - manifest.json, which says what a snapshot holds and how to tell that it still does.
 *
 * coolvec-store(5) describes it.  The text carries the CRC32C of itself, and is written in one form
 * only, so that any byte that changes in it is noticed as one in the files is.
 */

#ifndef MANIFEST_H
#define MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define MANIFEST_NAME "manifest.json"

struct manifest_file {
	char name[64];		/* in the snapshot's folder: "meta.db", "collections/7/vectors.bin" */
	uint64_t size;
	uint32_t crc;		/* CRC32C */
};

struct manifest {
	int64_t created;
	struct manifest_file *files;
	size_t n, room;
};

/* Add a file.  0, or WIRE_INTERNAL: no memory. */
int manifest_put(struct manifest *m, const char *name, uint64_t size, uint32_t crc, struct err *err);

/* Write `folder`/manifest.json, durable.  0, or WIRE_INTERNAL. */
int manifest_write(const struct manifest *m, const char *folder, struct err *err);

/*
 * Read it; a name that has no business in a snapshot, a version from the future and a text that is
 * not what was written are refused.  0, or WIRE_INTERNAL with nothing to free.
 */
int manifest_read(const char *folder, struct manifest *m, struct err *err);

/* Is every file there, of its size and sum?  0, or WIRE_INTERNAL and the first that is not. */
int manifest_check(const struct manifest *m, const char *folder, struct err *err);

/* Bytes of all files. */
uint64_t manifest_bytes(const struct manifest *m);

void manifest_fini(struct manifest *m);

#endif
