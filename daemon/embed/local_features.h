/*
 * local_features.h - the features of tokens, added up in a fixed number of components.
 *
 * Everything here is integer arithmetic, so that a sum is the same in any order, on any machine and
 * at any optimisation.
 */

#ifndef EMBED_LOCAL_FEATURES_H
#define EMBED_LOCAL_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "embed.h"
#include "local_repeats.h"
#include "local_tokens.h"
#include "local_weights.h"

/* Of the algorithm and its constants: raise with any change that moves a bit of any vector. */
#define FEATURES_ALGORITHM 1

struct features {
	const struct weights *weights;
	uint32_t dim;
	uint64_t first;		/* hash of the first feature; good when n > 0 */
	uint64_t n;		/* features added */
	int64_t sum[EMBED_LOCAL_DIM_MAX]; /* dim of them are used */
	struct repeats repeats;
};

/* Start with no feature, for vectors of `dim` components. */
void features_init(struct features *f, const struct weights *w, uint32_t dim);

/* Add the features of a block. */
void features_add(struct features *f, const struct token_block *b);

/*
 * Turn the sums into `dim` floats whose length is `length`.  f->n > 0.  If features cancelled to
 * nothing, the first of them stands alone.
 */
void features_finish(struct features *f, double length, float *out);

#endif
