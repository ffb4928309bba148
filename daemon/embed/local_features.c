/*
 * local_features.c - signed feature hashing of words and n-grams.
 *
 * A feature is hashed; the hash names a component and a sign, and the feature's weight is added
 * there (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009).  Texts
 * that share features get sums that point the same way; features that meet in a component by chance
 * meet with either sign, so their error has mean zero and shrinks with dim.
 *
 * A word gives itself, its openings of three and four letters - a stemmer that knows no language -
 * and its 2-, 3- and 4-grams with the word's ends marked, which bear with misspellings and find the
 * parts of compounds.  Its features together have unit length times the word's weight, so a long
 * word does not shout.  A script without spaces gives the n-grams of its runs instead.  The nth
 * occurrence of a word counts 1/n.
 *
 * Measured by tests/recall/stsb on the English STS benchmark's development part (Spearman, mean of
 * eight hash seeds, standard deviation 0.002; the seed used was not chosen for it).  The constants
 * and the English lists were tuned on the same 1500 pairs, so expect somewhat less of other text:
 *
 *	0.793 at 512 components		0.751 at 64, 0.787 at 256, 0.800 at 4096
 *	0.659 without damping		0.778 with FAINT as LIGHT, 0.778 without COMMON
 *	0.758 with whole words alone	0.784 without openings, 0.792 without n-grams
 *	0.794 with n-grams at half	but then "acommodation" is nearer to "accordion" than to
 *					its right spelling
 *	0.786 with numbers as words	0.791 with repeats in full, 0.791 without unit length
 *
 * Tried and left: 5-grams (no change); on a prototype, each feature in two or four components,
 * pairs of neighbouring words, words joined with their neighbours (all within 0.0015), number words
 * as digits (-0.005), numbers whole around their point (-0.002), signed roots of the sums (-0.004).
 */

#include <math.h>
#include <string.h>

#include "local_features.h"
#include "local_hash.h"
#include "local_sums.h"

/* Weights of a word's features, in hundredths. */
enum {
	W_WHOLE = 100,
	W_OPENING3 = 80,
	W_OPENING4 = 130,
	W_GRAM = 40,		/* of any length */
};

/* A number is one feature, all its digits, and says more than a word does. */
#define W_NUMBER ((int64_t)2 * WEIGHT_ONE)

/* A run's n-grams by length, 1 to 4, in hundredths. */
static const uint32_t run_weights[][4] = {
	[TOKEN_DENSE] = { 50, 100, 50, 0 },
	[TOKEN_UNSPACED] = { 10, 30, 50, 50 },
};

#define ONE (1 << 20)		/* the length 1.0 */
#define EDGE 0x110000u		/* the unit before and after a word: no code point */

void
features_init(struct features *f, const struct weights *w, uint32_t dim)
{
	f->weights = w;
	f->dim = dim;
	f->first = f->n = 0;
	memset(f->sum, 0, dim * sizeof(f->sum[0]));
	memset(&f->repeats, 0, sizeof(f->repeats));
}

/* The component of a hash: its high half scaled to 0..dim-1.  The lowest bit is the sign. */
static size_t
component(uint64_t hash, uint32_t dim)
{
	return (size_t)(((hash >> 32) * dim) >> 32);
}

static void
feature_put(struct features *f, uint64_t hash, int64_t weight)
{
	if (f->n++ == 0)
		f->first = hash;
	f->sum[component(hash, f->dim)] += hash & 1 ? weight : -weight;
}

/* The length of a word's features before it is made 1, in hundredths: the root of their squares. */
static uint32_t
word_norm(size_t n)
{
	uint32_t squares = W_WHOLE * W_WHOLE;

	if (n >= 3)
		squares += W_OPENING3 * W_OPENING3;
	if (n >= 4)
		squares += W_OPENING4 * W_OPENING4;
	squares += W_GRAM * W_GRAM * (uint32_t)(3 * n);	/* n + 1, n and n - 1 of them */
	return (uint32_t)sqrt(squares);
}

static void
grams_put(struct features *f, const uint32_t *u, size_t n, size_t len, int64_t weight)
{
	for (size_t i = 0; i + len <= n; i++)
		feature_put(f, hash_units(HASH_GRAM, u + i, len), weight);
}

static void
word_add(struct features *f, const uint32_t *u, size_t n, uint32_t langs)
{
	uint32_t edged[TOKEN_UNITS_MAX + 2];
	uint64_t hash = hash_units(HASH_WORD, u, n);
	int64_t unit = (int64_t)ONE * weights_word(f->weights, hash, langs) / word_norm(n) /
	    repeats_count(&f->repeats, hash);

	feature_put(f, hash, W_WHOLE * unit);
	if (n >= 3)
		feature_put(f, hash_units(HASH_OPENING, u, 3), W_OPENING3 * unit);
	if (n >= 4)
		feature_put(f, hash_units(HASH_OPENING, u, 4), W_OPENING4 * unit);
	edged[0] = edged[n + 1] = EDGE;
	memcpy(edged + 1, u, n * sizeof(*u));
	grams_put(f, edged, n + 2, 2, W_GRAM * unit);
	grams_put(f, edged, n + 2, 3, W_GRAM * unit);
	grams_put(f, edged, n + 2, 4, W_GRAM * unit);
}

static void
number_add(struct features *f, const uint32_t *u, size_t n)
{
	uint64_t hash = hash_units(HASH_WORD, u, n);

	feature_put(f, hash, W_NUMBER * ONE / repeats_count(&f->repeats, hash));
}

/*
 * An n-gram of a run counts what the faintest of its units does: "的猫" is a function word with a
 * tail.
 */
static void
run_add(struct features *f, enum token_kind kind, const uint32_t *u, size_t n, uint32_t langs)
{
	uint32_t weight[TOKEN_UNITS_MAX];

	for (size_t i = 0; i < n; i++)
		weight[i] = kind == TOKEN_UNSPACED ? WEIGHT_ONE :
		    weights_dense(f->weights, u[i], langs);
	for (size_t i = 0; i < n; i++) {
		uint32_t least = WEIGHT_ONE;

		for (size_t len = 1; len <= 4 && i + len <= n; len++) {
			uint32_t own = run_weights[kind][len - 1];
			uint64_t hash = hash_units(HASH_RUN, u + i, len);

			if (weight[i + len - 1] < least)
				least = weight[i + len - 1];
			if (own > 0)
				feature_put(f, hash,
				    (int64_t)ONE * least * own / 100 / repeats_count(&f->repeats, hash));
		}
	}
}

void
features_add(struct features *f, const struct token_block *b)
{
	uint32_t langs = weights_langs(f->weights, b);

	for (size_t i = 0; i < b->n; i++) {
		const struct token *t = &b->tokens[i];
		const uint32_t *u = b->units + t->at;

		switch (t->kind) {
		case TOKEN_WORD:
			word_add(f, u, t->n, langs);
			break;
		case TOKEN_NUMBER:
			number_add(f, u, t->n);
			break;
		case TOKEN_DENSE:
		case TOKEN_UNSPACED:
			run_add(f, t->kind, u, t->n, langs);
			break;
		}
	}
}

void
features_finish(struct features *f, double length, float *out)
{
	if (!sums_shrink(f->sum, f->dim))
		f->sum[component(f->first, f->dim)] = f->first & 1 ? 1 : -1;
	sums_finish(f->sum, f->dim, length, out);
}
