/*
 * metrics.c - counters by operation and error, and a histogram of times by operation.
 *
 * All are atomic and relaxed: a scrape is not a moment in time, and need not be.
 */

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "metrics.h"
#include "problem.h"

#define NBOUNDS (sizeof(bounds) / sizeof(bounds[0]))

static const double bounds[] = { 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
	0.1, 0.25, 0.5, 1, 2.5, 10 };

struct op {
	const char *name;
	atomic_ullong codes[PROBLEM_END];
	atomic_ullong buckets[NBOUNDS + 1];
	atomic_ullong ns;
};

static struct op ops[ROUTES_MAX + 1];	/* [0] is for what no route matches */
static size_t nops;
static unsigned char op_of[ROUTES_MAX];	/* by row of routes[] */
static atomic_int connections;

const char *
metrics_op(const struct route *r)
{
	if (r == NULL)
		return "none";
	return r->op != NULL && (r->flags & ROUTE_HIDDEN) == 0 ? r->op : r->path + 1;
}

void
metrics_init(void)
{
	ops[0].name = metrics_op(NULL);
	nops = 1;
	for (size_t i = 0; routes[i].method != NULL; i++) {
		const char *name = metrics_op(&routes[i]);
		size_t j = 0;

		assert(i < ROUTES_MAX);
		while (j < nops && strcmp(ops[j].name, name) != 0)
			j++;
		if (j == nops)
			ops[nops++].name = name;
		op_of[i] = (unsigned char)j;
	}
}

void
metrics_request(const struct route *r, int code, int64_t ns)
{
	struct op *op = &ops[r != NULL ? op_of[r - routes] : 0];
	size_t i = 0;

	while (i < NBOUNDS && (double)ns > bounds[i] * 1e9)
		i++;
	atomic_fetch_add_explicit(&op->codes[code], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&op->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&op->ns, (unsigned long long)ns, memory_order_relaxed);
}

void
metrics_connections(int change)
{
	atomic_fetch_add_explicit(&connections, change, memory_order_relaxed);
}

/* --- printing --- */

void
metrics_head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_putf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void
metrics_line(struct buf *b, const char *name, const char *labels, double value)
{
	buf_putf(b, "%s%s %.17g\n", name, labels != NULL ? labels : "", value);
}

static void
print_requests(struct buf *b)
{
	static const char name[] = "coolvec_http_requests_total";
	char labels[128];

	metrics_head(b, name, "counter", "Requests answered, by operation and error.");
	for (size_t i = 0; i < nops; i++)
		for (int code = 0; code < PROBLEM_END; code++) {
			unsigned long long n = atomic_load(&ops[i].codes[code]);

			if (n == 0)
				continue;
			snprintf(labels, sizeof(labels), "{op=\"%s\",error=\"%s\"}", ops[i].name,
			    problem_name(code));
			metrics_line(b, name, labels, (double)n);
		}
}

static void
print_times(struct buf *b)
{
	static const char name[] = "coolvec_http_request_duration_seconds";
	unsigned long long sum;

	metrics_head(
	    b, name, "histogram", "Time from a request's line to its answer, by operation.");
	for (size_t i = 0; i < nops; i++) {
		const struct op *op = &ops[i];

		sum = 0;
		for (size_t j = 0; j <= NBOUNDS; j++)
			sum += atomic_load(&op->buckets[j]);
		if (sum == 0)
			continue;
		sum = 0;
		for (size_t j = 0; j <= NBOUNDS; j++) {
			sum += atomic_load(&op->buckets[j]);
			if (j < NBOUNDS)
				buf_putf(b, "%s_bucket{op=\"%s\",le=\"%g\"} %llu\n", name, op->name,
				    bounds[j], sum);
		}
		buf_putf(b, "%s_bucket{op=\"%s\",le=\"+Inf\"} %llu\n", name, op->name, sum);
		buf_putf(b, "%s_sum{op=\"%s\"} %.9f\n", name, op->name,
		    (double)atomic_load(&op->ns) / 1e9);
		buf_putf(b, "%s_count{op=\"%s\"} %llu\n", name, op->name, sum);
	}
}

void
metrics_print(struct buf *b)
{
	metrics_head(b, "coolvec_http_info", "gauge", "The version of coolvec-http; always 1.");
	metrics_line(b, "coolvec_http_info", "{version=\"" COOLVEC_VERSION "\"}", 1);
	metrics_head(b, "coolvec_http_connections", "gauge", "Connections of HTTP clients.");
	metrics_line(b, "coolvec_http_connections", NULL, atomic_load(&connections));
	print_requests(b);
	print_times(b);
}
