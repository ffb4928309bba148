/*
 * words_build.h - words and their numbers collected, and made into a table's bytes.
 *
 * The common direction is the first principal direction (about the origin) of the words, each
 * weighted by how often it stands in a text and the square of what it counts there: for the weights
 * of words_pool.h that is, but for a factor, 1 / (rank + 3 + WORDS_COMMON).  The most frequent
 * WORDS_COMMON_FROM words are enough to know it.
 */

#ifndef EMBED_WORDS_BUILD_H
#define EMBED_WORDS_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define WORDS_COMMON_FROM 50000

struct words_build;

/* For vectors of `dim` components; NULL: no memory. */
struct words_build *words_build_new(uint32_t dim);

/* NULL is fine. */
void words_build_free(struct words_build *b);

/*
 * Add a word: its hash, its rank, dim finite numbers.  Ranks ascend from call to call; of words with
 * one hash the first stays.  0; 1: all numbers are zero, which says nothing, and it was left out; or
 * EMBED_ENOMEM.
 */
int words_build_add(struct words_build *b, uint64_t key, uint32_t rank, const float *x,
    struct err *err);

/*
 * The table's bytes (free them), and how many words are in it.  Once, and nothing can be added then.
 * 0, EMBED_EINVAL when there is no word, or EMBED_ENOMEM.
 */
int words_build_finish(struct words_build *b, unsigned char **bytes, size_t *nbytes, uint64_t *n,
    struct err *err);

#endif
