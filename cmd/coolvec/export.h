/*
 * export.h - the file that an export writes: there when it is whole, and not before.
 *
 * It is written beside its place under a name that ends in .partial, synced and renamed.  Standard
 * output, and what is no ordinary file, is written directly.  All functions but sink_drop return 0
 * or a status, and have said what failed.
 */

#ifndef COOLVEC_EXPORT_H
#define COOLVEC_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "out.h"

struct sink {
	FILE *to;		/* NULL: not open */
	const char *name;	/* borrowed */
	struct out *out;
	char *partial;		/* NULL: written directly */
	off_t start;		/* of what is written here; -1: it cannot be gone back to */
	bool screen;		/* it is a terminal */
};

/* Open it; `-` is standard output, whose failures `out` tells.  Both are kept. */
int sink_open(struct sink *s, const char *file, struct out *out);

int sink_put(struct sink *s, const void *p, size_t n);

/* The head of an npy file, first; and again, when there were other than `rows` after all. */
int sink_npy(struct sink *s, uint64_t rows, size_t dim);
int sink_npy_again(struct sink *s, uint64_t rows, size_t dim);

/* It is whole: put it in its place. */
int sink_keep(struct sink *s);

/* Close, and remove what was not kept. */
void sink_drop(struct sink *s);

#endif
