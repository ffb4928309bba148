/*
 * metrics_daemon.c - the answer to the wire's operation `metrics`, as text for Prometheus.
 *
 * The daemon counts its own; here a table says which member is which metric.  A member that is not
 * there (an older daemon, a newer one) is left out.
 */

#include <stdio.h>
#include <string.h>

#include "metrics.h"

struct number {
	const char *object, *member;	/* object NULL: at the top */
	const char *name;
	const char *type;
	const char *help;
};

static const struct number numbers[] = {
	{ NULL, "uptime", "coolvec_uptime_seconds", "gauge", "Time since the daemon started." },
	{ NULL, "connections", "coolvec_connections", "gauge",
	    "Connections to the daemon's socket." },
	{ NULL, "collections", "coolvec_collections", "gauge", "Collections there are." },
	{ NULL, "open_collections", "coolvec_open_collections", "gauge",
	    "Collections whose files are open." },
	{ NULL, "vectors", "coolvec_vectors", "gauge", "Vectors in open collections." },
	{ NULL, "tail", "coolvec_tail_vectors", "gauge",
	    "Vectors that the graphs do not hold yet." },
	{ NULL, "graph_bytes", "coolvec_graph_bytes", "gauge", "Memory of the graphs." },
	{ NULL, "file_bytes", "coolvec_file_bytes", "gauge", "Size of the vector files." },
	{ "fsync", "count", "coolvec_fsyncs_total", "counter", "Syncs of vector files." },
	{ "fsync", "seconds", "coolvec_fsync_seconds_total", "counter", "Time spent in syncs." },
	{ "commit", "count", "coolvec_commits_total", "counter", "Group commits." },
	{ "commit", "seconds", "coolvec_commit_seconds_total", "counter",
	    "Time spent in group commits." },
	{ "commit", "items", "coolvec_commit_items_total", "counter",
	    "Items that were committed." },
	{ "embedder", "calls", "coolvec_embedder_calls_total", "counter",
	    "Calls of the embedder." },
	{ "embedder", "errors", "coolvec_embedder_errors_total", "counter",
	    "Calls of the embedder that brought no vectors." },
	{ "embedder", "texts", "coolvec_embedder_texts_total", "counter", "Texts it embedded." },
	{ "embedder", "seconds", "coolvec_embedder_seconds_total", "counter", "Time spent in it." },
};

static void
print_numbers(struct buf *b, const json_t *m)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct number *n = &numbers[i];
		const json_t *from = n->object != NULL ? json_object_get(m, n->object) : m;
		const json_t *v = json_object_get(from, n->member);

		if (!json_is_number(v))
			continue;
		metrics_head(b, n->name, n->type, n->help);
		metrics_line(b, n->name, NULL, json_number_value(v));
	}
}

/* The names come from the daemon's own tables: words, without anything to escape. */
static void
print_operations(struct buf *b, const json_t *list)
{
	static const char name[] = "coolvec_operations_total";
	const json_t *row;
	char labels[128];
	size_t i;

	if (json_array_size(list) == 0)
		return;
	metrics_head(b, name, "counter", "Requests the daemon answered, by operation and error.");
	json_array_foreach(list, i, row) {
		const char *op = json_string_value(json_object_get(row, "op"));
		const char *error = json_string_value(json_object_get(row, "error"));

		if (op == NULL || error == NULL)
			continue;
		snprintf(labels, sizeof(labels), "{op=\"%.40s\",error=\"%.40s\"}", op, error);
		metrics_line(b, name, labels, json_number_value(json_object_get(row, "count")));
	}
}

static double
seconds_of(const json_t *operations, const char *op)
{
	const json_t *row, *name;
	double sum = 0;
	size_t i;

	json_array_foreach(operations, i, row) {
		name = json_object_get(row, "op");
		if (json_is_string(name) && strcmp(json_string_value(name), op) == 0)
			sum += json_number_value(json_object_get(row, "seconds"));
	}
	return sum;
}

static void
print_histogram(struct buf *b, const char *name, const json_t *le, const json_t *counts,
    const char *op, double seconds)
{
	size_t n = json_array_size(le);
	json_int_t sum = 0;

	for (size_t i = 0; i < json_array_size(counts); i++) {
		sum += json_integer_value(json_array_get(counts, i));
		if (i < n)
			buf_putf(b, "%s_bucket{op=\"%.40s\",le=\"%g\"} %lld\n", name, op,
			    json_number_value(json_array_get(le, i)), (long long)sum);
	}
	buf_putf(b, "%s_bucket{op=\"%.40s\",le=\"+Inf\"} %lld\n", name, op, (long long)sum);
	buf_putf(b, "%s_sum{op=\"%.40s\"} %.9f\n", name, op, seconds);
	buf_putf(b, "%s_count{op=\"%.40s\"} %lld\n", name, op, (long long)sum);
}

static void
print_latency(struct buf *b, const json_t *latency, const json_t *operations)
{
	static const char name[] = "coolvec_operation_duration_seconds";
	const json_t *le = json_object_get(latency, "le"), *row;
	size_t i;

	if (json_array_size(json_object_get(latency, "ops")) == 0)
		return;
	metrics_head(b, name, "histogram", "Time the daemon took, by operation.");
	json_array_foreach(json_object_get(latency, "ops"), i, row) {
		const char *op = json_string_value(json_object_get(row, "op"));

		if (op != NULL)
			print_histogram(b, name, le, json_object_get(row, "counts"), op,
			    seconds_of(operations, op));
	}
}

void
metrics_print_daemon(struct buf *b, const json_t *m)
{
	const char *version = json_string_value(json_object_get(m, "version"));
	char labels[64];

	metrics_head(b, "coolvec_up", "gauge", "Whether the daemon told its numbers.");
	metrics_line(b, "coolvec_up", NULL, m != NULL);
	if (version != NULL) {
		snprintf(labels, sizeof(labels), "{version=\"%.40s\"}", version);
		metrics_head(b, "coolvec_info", "gauge", "The daemon's version; always 1.");
		metrics_line(b, "coolvec_info", labels, 1);
	}
	print_numbers(b, m);
	print_operations(b, json_object_get(m, "operations"));
	print_latency(b, json_object_get(m, "latency"), json_object_get(m, "operations"));
}
