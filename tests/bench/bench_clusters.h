/*
 * bench_clusters.h - vectors that are made, as embeddings are said to lie: few dimensions, many components.
 */

#ifndef BENCH_CLUSTERS_H
#define BENCH_CLUSTERS_H

#include <stddef.h>

/*
 * Write `n` unit vectors of `dim` components.  A vector is one of 300 clusters, of unequal sizes, in
 * a space of 96 dimensions, and a step from it that is longer in some of them than in others; that is
 * turned into `dim` components by a fixed matrix, and noise as long as it is added over all of them.
 * Equal `seed` and `dim`: equal vectors; another seed: others from the same clusters.
 */
void bench_clusters(float *x, size_t n, size_t dim, unsigned seed);

#endif
