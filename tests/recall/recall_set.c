/*
 * recall_set.c - sets that are made or read, and the truth by brute force, with nothing of libvec.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recall_set.h"

void
recall_die(const char *what, const struct vec_error *err)
{
	fprintf(stderr, "recall_hnswlib: %s: %s\n", what, err ? err->message : "failed");
	exit(2);
}

static double
uniform(void)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

static float
normal(void)
{
	return (float)(sqrt(-2 * log(uniform() + 1e-300)) * cos(2 * M_PI * uniform()));
}

static void
allocate(struct set *s)
{
	s->rows = calloc(s->n * s->dim, sizeof(float));
	s->queries = calloc(s->nqueries * s->dim, sizeof(float));
	if (!s->rows || !s->queries)
		recall_die("no memory", NULL);
}

void
set_random(struct set *s)
{
	allocate(s);
	for (size_t i = 0; i < s->n * s->dim; i++)
		s->rows[i] = normal();
	for (size_t i = 0; i < s->nqueries * s->dim; i++)
		s->queries[i] = normal();
}

/* As real data is more like than a ball of noise. */
void
set_clustered(struct set *s)
{
	size_t ncentres = 200, total = s->n + s->nqueries;
	float *centres = calloc(ncentres * s->dim, sizeof(float));

	allocate(s);
	if (!centres)
		recall_die("no memory", NULL);
	for (size_t i = 0; i < ncentres * s->dim; i++)
		centres[i] = normal();
	for (size_t i = 0; i < total; i++) {
		float *row = i < s->n ? s->rows + i * s->dim : s->queries + (i - s->n) * s->dim;
		const float *centre = centres + (size_t)(uniform() * (double)ncentres) * s->dim;

		for (size_t j = 0; j < s->dim; j++)
			row[j] = centre[j] + 0.5f * normal();
	}
	free(centres);
}

void
set_read(struct set *s, const char *path)
{
	unsigned char header[36];
	uint64_t n, dim;
	FILE *f = fopen(path, "rb");

	if (!f || fread(header, sizeof(header), 1, f) != 1 || memcmp(header, "COOLVEC", 8) != 0)
		recall_die(path, NULL);
	memcpy(&n, header + 12, 8);
	memcpy(&dim, header + 20, 8);
	if (n < 2000 || dim == 0)
		recall_die("too few vectors", NULL);
	s->dim = dim;
	s->nqueries = 500;
	s->n = n - s->nqueries;
	allocate(s);
	if (fread(s->rows, dim * sizeof(float), s->n, f) != s->n ||
	    fread(s->queries, dim * sizeof(float), s->nqueries, f) != s->nqueries)
		recall_die(path, NULL);
	fclose(f);
}

static void
normalise(float *x, size_t n, size_t dim)
{
	for (size_t i = 0; i < n; i++, x += dim) {
		double sum = 0;

		for (size_t j = 0; j < dim; j++)
			sum += (double)x[j] * (double)x[j];
		for (size_t j = 0; j < dim; j++)
			x[j] = (float)((double)x[j] / sqrt(sum));
	}
}

void
set_normalise(struct set *s)
{
	normalise(s->rows, s->n, s->dim);
	normalise(s->queries, s->nqueries, s->dim);
}

bool
set_is_deleted(size_t slot)
{
	return slot % 10 < 3;
}

/* The K nearest of a query, nearest first, by brute force. */
static void
nearest(const struct set *s, const float *q, bool deleted, uint32_t *out)
{
	float best[K];
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const float *row = s->rows + i * s->dim;
		float d = 0;
		size_t at;

		if (deleted && set_is_deleted(i))
			continue;
		for (size_t j = 0; j < s->dim; j++)
			d += s->metric == VEC_L2 ? (row[j] - q[j]) * (row[j] - q[j])
			                         : -row[j] * q[j];
		if (n == K && d >= best[K - 1])
			continue;
		for (at = n < K ? n++ : K - 1; at > 0 && best[at - 1] > d; at--) {
			best[at] = best[at - 1];
			out[at] = out[at - 1];
		}
		best[at] = d;
		out[at] = (uint32_t)i;
	}
}

uint32_t *
set_truth(const struct set *s, bool deleted)
{
	uint32_t *out = calloc(s->nqueries * K, sizeof(*out));

	if (!out)
		recall_die("no memory", NULL);
	for (size_t i = 0; i < s->nqueries; i++)
		nearest(s, s->queries + i * s->dim, deleted, out + i * K);
	return out;
}

size_t
set_count_right(const uint32_t *got, size_t n, const uint32_t *want)
{
	size_t right = 0;

	for (size_t i = 0; i < K; i++) {
		for (size_t j = 0; j < n; j++) {
			if (got[j] == want[i]) {
				right++;
				break;
			}
		}
	}
	return right;
}

void
set_fini(struct set *s)
{
	free(s->rows);
	free(s->queries);
}
