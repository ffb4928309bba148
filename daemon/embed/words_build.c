/*
 * words_build.c - the making of a table.
 *
 * Components become bytes as they come, so that what is kept of a word is little more than what the
 * table will hold; the direction is found in the sum of products that the words leave behind.
 */

#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "num.h"
#include "words_build.h"
#include "words_pool.h"
#include "words_table.h"

#define QUANTUM_MAX 127		/* the largest component of a word, as a byte */
#define SCALE_MAX 65535		/* the largest scale of a table */
#define TURNS 200		/* of the power iteration; GloVe's direction is still after 20 */

struct build_word {
	uint64_t key;
	uint32_t rank;
	uint32_t at;		/* its components stand at c + at * dim */
	float peak;		/* the largest magnitude among them */
};

struct words_build {
	uint32_t dim;
	size_t n, room;
	struct build_word *words;
	int8_t *c;
	double *products;	/* dim * dim; the upper half is used */
};

struct words_build *
words_build_new(uint32_t dim)
{
	struct words_build *b = calloc(1, sizeof(*b));

	if (b == NULL || (b->products = calloc((size_t)dim * dim, sizeof(*b->products))) == NULL) {
		free(b);
		return NULL;
	}
	b->dim = dim;
	return b;
}

void
words_build_free(struct words_build *b)
{
	if (b == NULL)
		return;
	free(b->words);
	free(b->c);
	free(b->products);
	free(b);
}

static int
build_grow(struct words_build *b)
{
	struct build_word *words;
	size_t room = b->room + b->room / 2 + 4096, bytes;
	int8_t *c;

	if (room > UINT32_MAX || !num_mul(room, sizeof(*words), &bytes) ||
	    (words = realloc(b->words, bytes)) == NULL)
		return -1;
	b->words = words;
	if (!num_mul(room, b->dim, &bytes) || (c = realloc(b->c, bytes)) == NULL)
		return -1;
	b->c = c;
	b->room = room;
	return 0;
}

static void
products_add(struct words_build *b, uint32_t rank, const float *x)
{
	double weight = 1.0 / ((double)rank + WORDS_RANK_SHIFT + WORDS_COMMON);

	for (uint32_t i = 0; i < b->dim; i++) {
		double *row = b->products + (size_t)i * b->dim;

		for (uint32_t j = i; j < b->dim; j++)
			row[j] += weight * (double)x[i] * (double)x[j];
	}
}

int
words_build_add(struct words_build *b, uint64_t key, uint32_t rank, const float *x,
    struct err *err)
{
	float peak = 0;
	int8_t *c;

	for (uint32_t i = 0; i < b->dim; i++)
		if (fabsf(x[i]) > peak)
			peak = fabsf(x[i]);
	if (peak < 1e-30f)
		return 1;
	if (b->n == b->room && build_grow(b) != 0)
		return err_set(err, EMBED_ENOMEM, "no memory for more than %zu words", b->n);
	c = b->c + b->n * b->dim;
	for (uint32_t i = 0; i < b->dim; i++)
		c[i] = (int8_t)floor((double)x[i] / (double)peak * QUANTUM_MAX + 0.5);
	b->words[b->n] = (struct build_word){ key, rank, (uint32_t)b->n, peak };
	b->n++;
	if (rank < WORDS_COMMON_FROM)
		products_add(b, rank, x);
	return 0;
}

static int
word_cmp(const void *a, const void *b)
{
	const struct build_word *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

/* By key, and of equal keys the first that came. */
static void
build_sort(struct words_build *b)
{
	size_t n = 0;

	qsort(b->words, b->n, sizeof(*b->words), word_cmp);
	for (size_t i = 0; i < b->n; i++)
		if (n == 0 || b->words[i].key != b->words[n - 1].key)
			b->words[n++] = b->words[i];
	b->n = n;
}

/* y = products * x */
static void
products_times(const struct words_build *b, const double *x, double *y)
{
	for (uint32_t i = 0; i < b->dim; i++) {
		y[i] = 0;
		for (uint32_t j = 0; j < b->dim; j++)
			y[i] += x[j] * (i < j ? b->products[(size_t)i * b->dim + j] :
			    b->products[(size_t)j * b->dim + i]);
	}
}

/*
 * The power iteration, from the row of products that is largest on the diagonal, which no principal
 * direction of weight is at right angles to.  Without words of low rank there is no direction: zeros.
 */
static void
build_direction(const struct words_build *b, double *u)
{
	double y[WORDS_DIM_MAX], length;
	uint32_t top = 0;

	for (uint32_t i = 1; i < b->dim; i++)
		if (b->products[(size_t)i * b->dim + i] > b->products[(size_t)top * b->dim + top])
			top = i;
	memset(u, 0, b->dim * sizeof(*u));
	u[top] = 1;
	for (unsigned turn = 0; turn < TURNS; turn++) {
		products_times(b, u, y);
		length = 0;
		for (uint32_t i = 0; i < b->dim; i++)
			length += y[i] * y[i];
		length = sqrt(length);
		for (uint32_t i = 0; i < b->dim; i++)
			u[i] = length > 0 ? y[i] / length : 0;
	}
}

static void
put16(unsigned char *p, uint16_t x)
{
	x = htole16(x);
	memcpy(p, &x, sizeof(x));
}

static void
put32(unsigned char *p, uint32_t x)
{
	x = htole32(x);
	memcpy(p, &x, sizeof(x));
}

static void
put64(unsigned char *p, uint64_t x)
{
	x = htole64(x);
	memcpy(p, &x, sizeof(x));
}

static void
encode_head(const struct words_build *b, const struct words_layout *at, unsigned char *p)
{
	double u[WORDS_DIM_MAX];

	memcpy(p, WORDS_MAGIC, 8);
	put32(p + 8, WORDS_FORMAT);
	put32(p + 12, b->dim);
	put64(p + 16, b->n);
	build_direction(b, u);
	for (uint32_t i = 0; i < b->dim; i++)
		put16(p + at->direction + 2 * (size_t)i,
		    (uint16_t)(int16_t)floor(u[i] * WORDS_UNIT + 0.5));
}

static void
encode_words(const struct words_build *b, const struct words_layout *at, unsigned char *p)
{
	float peak = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->words[i].peak > peak)
			peak = b->words[i].peak;
	for (size_t i = 0; i < b->n; i++) {
		const struct build_word *w = &b->words[i];
		double scale = floor((double)w->peak / (double)peak * SCALE_MAX + 0.5);

		put64(p + at->keys + 8 * i, w->key);
		put32(p + at->ranks + 4 * i, w->rank);
		put16(p + at->scales + 2 * i, scale < 1 ? 1 : (uint16_t)scale);
		memcpy(p + at->components + i * b->dim, b->c + (size_t)w->at * b->dim, b->dim);
	}
}

int
words_build_finish(struct words_build *b, unsigned char **bytes, size_t *nbytes, uint64_t *n,
    struct err *err)
{
	struct words_layout at;
	unsigned char *p;

	*bytes = NULL;
	if (b->n == 0)
		return err_set(err, EMBED_EINVAL, "there is no word that a text could hold");
	build_sort(b);
	if (!words_layout(b->n, b->dim, &at) || (p = calloc(1, at.end)) == NULL)
		return err_set(err, EMBED_ENOMEM, "no memory for a table of %zu words", b->n);
	encode_head(b, &at, p);
	encode_words(b, &at, p);
	put64(p + at.sum, words_sum(p, at.sum));
	*bytes = p;
	*nbytes = at.end;
	*n = b->n;
	return 0;
}
