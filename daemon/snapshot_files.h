/*
 * snapshot_files.h - the collections' files of a snapshot.
 *
 * One snapshot at a time.
 */

#ifndef SNAPSHOT_FILES_H
#define SNAPSHOT_FILES_H

#include "daemon.h"
#include "manifest.h"

/* A collection's files, as they are from some moment on. */
struct snapshot_files {
	uint64_t number;
	uint32_t dim, slots;
	bool linked;		/* they have second names, and are opened when their turn comes */
	int vectors, index;	/* else descriptors; index -1: there is none */
};

/*
 * Keep the files of every collection that has items or had, as they are now; *list is to be freed by
 * snapshot_files_free.  On the commit lane.  0, or a protocol error.
 */
int snapshot_files_open(struct daemon *d, struct snapshot_files **list, size_t *n, struct err *err);
void snapshot_files_free(struct snapshot_files *list, size_t n);

/* Remove the second names that files have; those of a daemon that was killed too. */
void snapshot_files_forget(const struct daemon *d);

/* Copy them into `folder`/collections, durable, and list them in `m`.  0, or a protocol error. */
int snapshot_files_copy(const struct daemon *d, const struct snapshot_files *list, size_t n,
    const char *folder, struct manifest *m, struct err *err);

/* Sync the file `name` in `folder` and list it in `m`.  0, or a protocol error. */
int snapshot_file_seal(const char *folder, const char *name, struct manifest *m, struct err *err);

#endif
