/*
 * recall_set.h - vectors to measure recall with, and what is true of them.
 */

#ifndef RECALL_SET_H
#define RECALL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vec.h"

#define K 10	/* nearest that are asked for */

struct set {
	const char *name;
	enum vec_metric metric;
	size_t n, nqueries, dim;
	float *rows, *queries;
};

/* Say what went wrong, and leave with status 2. */
void recall_die(const char *what, const struct vec_error *err);

/* Rows and queries, n and nqueries of them: of normal components, or around 200 centres. */
void set_random(struct set *s);
void set_clustered(struct set *s);

/* The vectors of a vectors.bin, the last 500 as queries. */
void set_read(struct set *s, const char *path);

/* Make all unit vectors: hnswlib knows no cosine, so both get these. */
void set_normalise(struct set *s);
void set_fini(struct set *s);

/* Three of ten slots go when something is deleted. */
bool set_is_deleted(size_t slot);

/* The K nearest of each query by brute force, nearest first; the caller's to free. */
uint32_t *set_truth(const struct set *s, bool deleted);

/* Distinct slots of `got` that are among the K of `want`. */
size_t set_count_right(const uint32_t *got, size_t n, const uint32_t *want);

#endif
