/*
 * words_pool.h - the vectors of a text's words, added up.
 *
 * Rare words count more: a word of rank r counts (r + 3) / (r + 3 + WORDS_COMMON), which is the
 * weight a / (a + p) of Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence
 * Embeddings" (2017), for the frequencies p = 1 / ((r + 2.7) H) of Zipf's law as Mandelbrot mended
 * it.  The function words of local_weights.h are damped further, and the nth occurrence of a word
 * counts 1/n.  What all sums have in common is then taken away, as there: the part along the
 * direction that words_build.h finds.
 *
 * Everything is integer arithmetic, as in local_features.h.
 */

#ifndef EMBED_WORDS_POOL_H
#define EMBED_WORDS_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "local_repeats.h"
#include "local_tokens.h"
#include "local_weights.h"
#include "words_table.h"

#define WORDS_RANK_SHIFT 3	/* of Mandelbrot's 2.7, in whole ranks */
#define WORDS_COMMON 2000	/* the rank of a word that counts half: see words.c */

struct words_pool {
	const struct words_table *table;
	const struct weights *weights;
	struct repeats repeats;
	int64_t sum[WORDS_DIM_MAX];
};

/* Start with no word.  Table and weights are borrowed. */
void words_pool_init(struct words_pool *p, const struct words_table *t, const struct weights *w);

/*
 * Add the words of a block that the table has.  A run of a script without spaces is cut into the
 * longest words that it has, from its beginning on.  2^19 words, which a text of 1 MiB has at
 * most, cannot overflow the sums.
 */
void words_pool_add(struct words_pool *p, const struct token_block *b);

/* Turn the sums into floats whose length is `length`.  False, with zeros: there is nothing. */
bool words_pool_finish(struct words_pool *p, double length, float *out);

#endif
