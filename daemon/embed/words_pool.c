/*
 * words_pool.c - from tokens to the sum of their vectors.
 */

#include <string.h>

#include "local_hash.h"
#include "local_sums.h"
#include "words_pool.h"

#define RANK_ONE 4096		/* what the rarest word counts */
#define RUN_WORD_MAX 8		/* units of a word in a script without spaces */

void
words_pool_init(struct words_pool *p, const struct words_table *t, const struct weights *w)
{
	p->table = t;
	p->weights = w;
	memset(&p->repeats, 0, sizeof(p->repeats));
	memset(p->sum, 0, t->dim * sizeof(p->sum[0]));
}

/* Add the word if the table has it; `weight` is of WEIGHT_ONE. */
static bool
word_add(struct words_pool *p, uint64_t key, uint32_t weight)
{
	struct words_entry e;
	int64_t times;

	if (!words_table_find(p->table, key, &e))
		return false;
	times = ((int64_t)e.rank + WORDS_RANK_SHIFT) * RANK_ONE /
	    ((int64_t)e.rank + WORDS_RANK_SHIFT + WORDS_COMMON);
	times = times * weight / repeats_count(&p->repeats, key) * e.scale;
	for (uint32_t i = 0; i < p->table->dim; i++)
		p->sum[i] += times * e.c[i];
	return true;
}

static void
run_add(struct words_pool *p, enum token_kind kind, const uint32_t *u, size_t n, uint32_t langs)
{
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		len = n - i < RUN_WORD_MAX ? n - i : RUN_WORD_MAX;
		for (; len > 0; len--) {
			uint32_t weight = len == 1 && kind == TOKEN_DENSE ?
			    weights_dense(p->weights, u[i], langs) : WEIGHT_ONE;

			if (word_add(p, hash_units(HASH_WORD, u + i, len), weight))
				break;
		}
		if (len == 0)
			len = 1;	/* nothing begins with this unit */
	}
}

void
words_pool_add(struct words_pool *p, const struct token_block *b)
{
	uint32_t langs = weights_langs(p->weights, b);

	for (size_t i = 0; i < b->n; i++) {
		const struct token *t = &b->tokens[i];
		const uint32_t *u = b->units + t->at;
		uint64_t key;

		if (t->kind == TOKEN_DENSE || t->kind == TOKEN_UNSPACED) {
			run_add(p, t->kind, u, t->n, langs);
			continue;
		}
		key = hash_units(HASH_WORD, u, t->n);
		word_add(p, key, t->kind == TOKEN_WORD ? weights_word(p->weights, key, langs) :
		    WEIGHT_ONE);
	}
}

/*
 * The sums are below 2^25, so their product with the direction is at most 2^25 * sqrt(1024) * 2^15 =
 * 2^45, and that times the direction once more at most 2^60.
 */
bool
words_pool_finish(struct words_pool *p, double length, float *out)
{
	uint32_t dim = p->table->dim;
	const int16_t *u = p->table->direction;
	int64_t along = 0;

	memset(out, 0, dim * sizeof(*out));
	if (!sums_shrink(p->sum, dim))
		return false;
	for (uint32_t i = 0; i < dim; i++)
		along += p->sum[i] * u[i];
	for (uint32_t i = 0; i < dim; i++)
		p->sum[i] -= along * u[i] / ((int64_t)WORDS_UNIT * WORDS_UNIT);
	if (!sums_shrink(p->sum, dim))
		return false;
	sums_finish(p->sum, dim, length, out);
	return true;
}
