/*
 * metrics.c - counters added to, and shown.
 */

#include <time.h>

#include "metrics.h"
#include "ops.h"

/* Upper bounds of the buckets in seconds: from a cache hit to a password. */
static const double bounds[METRICS_BUCKETS] = { 50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3,
	10e-3, 20e-3, 50e-3, 100e-3, 500e-3, 1, 5 };

uint64_t
metrics_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
metrics_time(struct metrics_timed *t, uint64_t began)
{
	atomic_fetch_add(&t->count, 1);
	atomic_fetch_add(&t->ns, metrics_clock() - began);
}

void
metrics_call(struct metrics *m, size_t op, enum wire_code code, uint64_t began)
{
	uint64_t ns = metrics_clock() - began;
	size_t b = 0;

	if (op >= METRICS_OPS_MAX)
		op = METRICS_OPS_MAX - 1;
	while (b < METRICS_BUCKETS && (double)ns > bounds[b] * 1e9)
		b++;
	atomic_fetch_add(&m->calls[op][code], 1);
	atomic_fetch_add(&m->ns[op][code], ns);
	atomic_fetch_add(&m->latency[op][b], 1);
}

json_t *
metrics_timed_json(struct metrics_timed *t)
{
	return json_pack("{s:I, s:f}", "count", (json_int_t)atomic_load(&t->count), "seconds",
	    (double)atomic_load(&t->ns) / 1e9);
}

json_t *
metrics_embedder_json(struct metrics *m)
{
	return json_pack("{s:I, s:I, s:I, s:f}", "calls", (json_int_t)atomic_load(&m->embed.count),
	    "errors", (json_int_t)atomic_load(&m->embed_errors), "texts",
	    (json_int_t)atomic_load(&m->texts), "seconds", (double)atomic_load(&m->embed.ns) / 1e9);
}

/* The names of the table, and one for what is not in it. */
static const char *
op_name(size_t op)
{
	size_t n = 0;

	while (n < op && ops[n].name != NULL)
		n++;
	if (n == op && ops[n].name != NULL)
		return ops[n].name;
	return op == METRICS_OPS_MAX - 1 ? "none" : NULL;
}

json_t *
metrics_operations_json(struct metrics *m)
{
	json_t *list = json_array();

	for (size_t op = 0; op < METRICS_OPS_MAX; op++)
		for (int code = 0; code < WIRE_NCODES; code++) {
			uint64_t n = atomic_load(&m->calls[op][code]);

			if (n > 0 && op_name(op) != NULL)
				json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:f}", "op",
				    op_name(op), "error", wire_error((enum wire_code)code)->name, "count",
				    (json_int_t)n, "seconds",
				    (double)atomic_load(&m->ns[op][code]) / 1e9));
		}
	return list;
}

json_t *
metrics_latency_json(struct metrics *m)
{
	json_t *le = json_array(), *list = json_array();

	for (size_t b = 0; b < METRICS_BUCKETS; b++)
		json_array_append_new(le, json_real(bounds[b]));
	for (size_t op = 0; op < METRICS_OPS_MAX; op++) {
		json_t *counts = json_array();
		uint64_t all = 0;

		for (size_t b = 0; b <= METRICS_BUCKETS; b++) {
			uint64_t n = atomic_load(&m->latency[op][b]);

			all += n;
			json_array_append_new(counts, json_integer((json_int_t)n));
		}
		if (all > 0 && op_name(op) != NULL)
			json_array_append_new(list, json_pack("{s:s, s:O}", "op", op_name(op), "counts",
			    counts));
		json_decref(counts);
	}
	return json_pack("{s:o, s:o}", "le", le, "ops", list);
}
