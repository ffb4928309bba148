/*
 * fixture.h - what the engine's tests share: a folder of their own, numbers drawn from a seed, and
 * the nearest vectors found without libvec.
 */

#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vec.h"

/* --- a folder -------------------------------------------------------------------------------- */

static char fixture_dir[64];

static __attribute__((unused)) int
fixture_setup(void **state)
{
	(void)state;
	strcpy(fixture_dir, "/tmp/libvec-test-XXXXXX");
	return mkdtemp(fixture_dir) ? 0 : -1;
}

static __attribute__((unused)) int
fixture_teardown(void **state)
{
	static const char *const names[] = { "vectors.bin", "vectors.bin.new", "hnsw.index",
		"hnsw.index.new" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", fixture_dir, names[i]);
		unlink(path);
	}
	return rmdir(fixture_dir);
}

static __attribute__((unused)) const char *
fixture_path(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", fixture_dir, name);
	return path;
}

/* A whole file, to be freed. */
static __attribute__((unused)) unsigned char *
fixture_read(const char *name, size_t *n)
{
	FILE *f = fopen(fixture_path(name), "rb");
	unsigned char *bytes;
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*n = (size_t)st.st_size;
	bytes = malloc(*n + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *n, f), *n);
	fclose(f);
	return bytes;
}

static __attribute__((unused)) void
fixture_write(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(fixture_path(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* --- vectors --------------------------------------------------------------------------------- */

static uint64_t fixture_seed = 1;

static __attribute__((unused)) uint64_t
fixture_random(void)
{
	fixture_seed = fixture_seed * 6364136223846793005u + 1442695040888963407u;
	return fixture_seed >> 33;
}

/* Evenly from -1 to 1. */
static __attribute__((unused)) void
fixture_vectors(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)fixture_random() / 1073741824.0f - 1;
}

static __attribute__((unused)) struct vec_options
fixture_options(size_t dim, enum vec_metric metric)
{
	return (struct vec_options){ .dim = dim, .metric = metric, .M = 8, .ef_construction = 60,
		.seed = 7, .identity = 11, .generation = 3, .create = true };
}

static __attribute__((unused)) struct vec *
fixture_open(const struct vec_options *o)
{
	struct vec_error err = { .message = "" };
	struct vec *v;

	if (vec_open(fixture_dir, o, &v, &err) != 0)
		fail_msg("vec_open: %s", err.message);
	return v;
}

/* Append and publish n random vectors without syncing; they are in `x` too when not NULL. */
static __attribute__((unused)) uint32_t
fixture_fill(struct vec *v, size_t n, size_t dim, float *x)
{
	float *rows = x ? x : malloc(n * dim * sizeof(*rows));
	uint32_t first;

	assert_non_null(rows);
	fixture_vectors(rows, n * dim);
	assert_int_equal(vec_append(v, rows, n, &first, NULL), 0);
	assert_int_equal(vec_publish(v, first + (uint32_t)n, NULL), 0);
	if (!x)
		free(rows);
	return first;
}

/* Do all index work there is. */
static __attribute__((unused)) void
fixture_index(struct vec *v)
{
	int rc;

	while ((rc = vec_index(v, 100, NULL)) == 1)
		;
	assert_int_equal(rc, 0);
}

/* The graph keeps its rules and reaches every live node. */
static __attribute__((unused)) void
fixture_check(struct vec *v)
{
	struct vec_check_report r;
	struct vec_error err = { .message = "" };

	if (vec_check(v, &r, &err) != 0)
		fail_msg("vec_check: %s", err.message);
	assert_int_equal(r.unreachable, 0);
}

/* --- truth, from the definitions ------------------------------------------------------------- */

static __attribute__((unused)) double
fixture_distance(enum vec_metric metric, const float *a, const float *b, size_t dim)
{
	double dot = 0, aa = 0, bb = 0, l1 = 0, l2 = 0;

	for (size_t i = 0; i < dim; i++) {
		double x = a[i], y = b[i];

		dot += x * y;
		aa += x * x;
		bb += y * y;
		l1 += fabs(x - y);
		l2 += (x - y) * (x - y);
	}
	switch (metric) {
	case VEC_COSINE:
		return 1 - dot / (sqrt(aa) * sqrt(bb));
	case VEC_L2:
		return sqrt(l2);
	case VEC_L1:
		return l1;
	default:
		return -dot;
	}
}

/* The k nearest of the slots below `n` that `admits` lets through (NULL: all); how many. */
static __attribute__((unused)) size_t
fixture_nearest(const struct vec *v, size_t n, size_t dim, enum vec_metric metric, const float *q,
    size_t k, bool (*admits)(uint32_t slot), uint32_t *slots)
{
	double *best = malloc(k * sizeof(*best));
	size_t found = 0;

	assert_non_null(best);
	for (uint32_t i = 0; i < n; i++) {
		double d;
		size_t at;

		if (!vec_is_live(v, i) || (admits && !admits(i)))
			continue;
		d = fixture_distance(metric, vec_peek(v, i), q, dim);
		if (found == k && d >= best[k - 1])
			continue;
		for (at = found < k ? found++ : k - 1; at > 0 && best[at - 1] > d; at--) {
			best[at] = best[at - 1];
			slots[at] = slots[at - 1];
		}
		best[at] = d;
		slots[at] = i;
	}
	free(best);
	return found;
}

/* How many of the hits are among `n` slots. */
static __attribute__((unused)) size_t
fixture_common(const struct vec_hit *hits, size_t nhits, const uint32_t *slots, size_t n)
{
	size_t common = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < nhits; j++) {
			if (hits[j].slot == slots[i]) {
				common++;
				break;
			}
		}
	}
	return common;
}

#define FIXTURE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

#endif
