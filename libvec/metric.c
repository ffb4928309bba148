/*
 * metric.c - names of the metrics, and the choice of an instruction set.
 */

#include <stdatomic.h>
#include <string.h>

#include "metric.h"

static const char *const names[VEC_NMETRICS] = { "cosine", "l2", "ip", "l1" };

const char *
vec_metric_name(enum vec_metric metric)
{
	return (unsigned)metric < VEC_NMETRICS ? names[metric] : "unknown";
}

int
vec_metric_parse(const char *name)
{
	for (int i = 0; i < VEC_NMETRICS; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}

enum metric_sum
metric_sum_of(enum vec_metric metric)
{
	if (metric == VEC_L2)
		return METRIC_L2SQ;
	return metric == VEC_L1 ? METRIC_L1 : METRIC_DOT;
}

const struct metric_set *
metric_best(void)
{
	static const struct metric_set *_Atomic chosen;
	const struct metric_set *m = atomic_load_explicit(&chosen, memory_order_acquire);

	/* Two threads that choose at once choose the same. */
	if (!m) {
		if (!(m = metric_avx512()) && !(m = metric_avx2()) && !(m = metric_neon()))
			m = metric_scalar();
		atomic_store_explicit(&chosen, m, memory_order_release);
	}
	return m;
}
