/*
 * import.h - one import, between its files: import.c opens the input and runs, import_open.c reads
 * the heads of binary files, import_items.c makes the items.
 */

#ifndef COOLVEC_IMPORT_H
#define COOLVEC_IMPORT_H

#include "app.h"
#include "batch.h"

enum format { FORMAT_FVECS, FORMAT_NPY, FORMAT_JSONL, FORMAT_TSV, FORMAT_NONE };

struct import {
	struct app *app;
	enum format format;
	const char *key;	/* the member that is the key; NULL: key */
	struct feed feed;
	size_t dim;		/* of a binary file */
	size_t skip;		/* bytes of a record before its components */
	char *base64;		/* room for one vector */
	uint64_t done;
};

/* The format by its name, or by how a file's name ends; FORMAT_NONE when it is none. */
enum format format_by_name(const char *name);
enum format format_by_file(const char *file);

/*
 * Read the head of an fvecs or npy file from `fd`, compare it with the file's size and with the
 * collection, and make the feed of its vectors.  0 or a status.
 */
int import_open_fvecs(struct import *imp, int fd, const char *name);
int import_open_npy(struct import *imp, int fd, const char *name);

/* Items of batch_job.item; `arg` is the import. */
json_t *import_vector(void *arg, const struct record *r, char *why, size_t nwhy);
json_t *import_object(void *arg, const struct record *r, char *why, size_t nwhy);
json_t *import_columns(void *arg, const struct record *r, char *why, size_t nwhy);

#endif
