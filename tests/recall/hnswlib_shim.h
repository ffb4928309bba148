/*
 * hnswlib_shim.h - hnswlib behind a C face, for recall_hnswlib.c to measure against.
 */

#ifndef HNSWLIB_SHIM_H
#define HNSWLIB_SHIM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rival;

/* An index for `most` vectors, by squared Euclidean distance or by 1 - dot product. */
struct rival *rival_new(size_t dim, int by_dot, size_t most, size_t M, size_t ef_construction);
void rival_free(struct rival *h);

void rival_add(struct rival *h, const float *x, size_t label);
void rival_delete(struct rival *h, size_t label);

/* The labels of the k nearest found, in any order; how many. */
size_t rival_search(struct rival *h, const float *x, size_t k, size_t ef, size_t *labels);

#ifdef __cplusplus
}
#endif

#endif
