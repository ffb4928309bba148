/*
 * bench_clusters.c - a mixture with few dimensions and noise.
 *
 * Nothing here may depend on the machine: sums are in one order, and the compiler's flags keep it.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "bench.h"
#include "bench_clusters.h"
#include "bench_random.h"

#define CLUSTERS 300
#define LATENT 96
#define SPREAD 3.0f	/* of a cluster in its longest direction, where the distances between them have 1 */
#define NOISE 1.0f	/* of a vector's length */

/* The square makes the first clusters larger than the last. */
static uint64_t
choose(uint64_t *seed)
{
	double u = (double)(bench_random(seed) >> 11) / 9007199254740992.0;

	return (uint64_t)(u * u * CLUSTERS);
}

/* A point of the small space: a centre, which follows from its number, and a step. */
static void
make_point(float *point, uint64_t *seed)
{
	uint64_t centre = choose(seed) << 32 | 1;

	for (size_t i = 0; i < LATENT; i++)
		point[i] = bench_normal(&centre) + SPREAD / sqrtf(1 + (float)i / 4) * bench_normal(seed);
}

static void
scale(float *x, size_t dim, float length)
{
	double sum = 0;

	for (size_t i = 0; i < dim; i++)
		sum += (double)x[i] * (double)x[i];
	for (size_t i = 0; i < dim; i++)
		x[i] *= length / (float)sqrt(sum);
}

static void
make_row(float *x, size_t dim, const float *matrix, uint64_t *seed)
{
	float point[LATENT], noise = NOISE / sqrtf((float)dim);

	make_point(point, seed);
	for (size_t i = 0; i < dim; i++)
		x[i] = 0;
	for (size_t k = 0; k < LATENT; k++) {
		for (size_t i = 0; i < dim; i++)
			x[i] += point[k] * matrix[k * dim + i];
	}
	scale(x, dim, 1);
	for (size_t i = 0; i < dim; i++)
		x[i] += noise * bench_normal(seed);
	scale(x, dim, 1);
}

void
bench_clusters(float *x, size_t n, size_t dim, unsigned seed)
{
	float *matrix = calloc(LATENT * dim, sizeof(*matrix));
	uint64_t state = dim;

	if (!matrix)
		bench_die("clusters", "no memory");
	for (size_t i = 0; i < LATENT * dim; i++)
		matrix[i] = bench_normal(&state);
	state = ((uint64_t)seed + 1) << 40;
	for (size_t i = 0; i < n; i++)
		make_row(x + i * dim, dim, matrix, &state);
	free(matrix);
}
