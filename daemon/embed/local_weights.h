/*
 * local_weights.h - what a word counts: the damping of function words, language by language.
 *
 * "the", "der" and "的" say little about what a text is about, and stand in every text.  They are
 * known from small lists, and damped, not dropped: a text of "the" alone still has a direction.
 *
 * The same spelling is a function word here and a word with a meaning there ("die", "on", "was",
 * "son"), so first the tokens of a block vote for a language, and only that language's list damps.
 */

#ifndef EMBED_LOCAL_WEIGHTS_H
#define EMBED_LOCAL_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "local_tokens.h"

#define WEIGHT_ONE 256		/* of a word that is in no list */

struct weights;

/* Build the tables.  NULL when there is no memory. */
struct weights *weights_new(void);

/* Free them; NULL is fine. */
void weights_free(struct weights *w);

/* The languages of a block, one bit each: those with the most votes, English when nobody votes. */
uint32_t weights_langs(const struct weights *w, const struct token_block *b);

/* What the word counts whose hash (HASH_WORD) is `hash`, in these languages: 1 to WEIGHT_ONE. */
uint32_t weights_word(const struct weights *w, uint64_t hash, uint32_t langs);

/* What one unit of a TOKEN_DENSE counts: 1 to WEIGHT_ONE. */
uint32_t weights_dense(const struct weights *w, uint32_t unit, uint32_t langs);

#endif
