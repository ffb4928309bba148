/*
 * metrics.h - what the daemon counts, for the operation `metrics`.
 *
 * Counters only grow, from the start of the process; they are atomic, and adding to one costs a few
 * nanoseconds on any thread.
 */

#ifndef METRICS_H
#define METRICS_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

#include "wire.h"

#define METRICS_OPS_MAX 48	/* operations there is room for; the last counts unknown ones */
#define METRICS_BUCKETS 14	/* of the latency histogram, +Inf not counted */

struct metrics_timed {
	_Atomic uint64_t count, ns;
};

struct metrics {
	_Atomic uint64_t calls[METRICS_OPS_MAX][WIRE_NCODES];
	_Atomic uint64_t ns[METRICS_OPS_MAX][WIRE_NCODES];
	_Atomic uint64_t latency[METRICS_OPS_MAX][METRICS_BUCKETS + 1];
	struct metrics_timed fsync, commit, embed;
	_Atomic uint64_t items, texts;	/* committed, embedded */
	_Atomic uint64_t embed_errors;	/* calls of an embedder that brought no vectors */
};

/* Nanoseconds of a clock that only goes forward. */
uint64_t metrics_clock(void);

/* A call of operation number `op` has ended; `began` is metrics_clock's when it came. */
void metrics_call(struct metrics *m, size_t op, enum wire_code code, uint64_t began);

/* One more of `t`, begun at `began`. */
void metrics_time(struct metrics_timed *t, uint64_t began);

/* {"count", "seconds"}; {"calls", "errors", "texts", "seconds"}; and the operations with what they answered, and their latencies. */
json_t *metrics_timed_json(struct metrics_timed *t);
json_t *metrics_embedder_json(struct metrics *m);
json_t *metrics_operations_json(struct metrics *m);
json_t *metrics_latency_json(struct metrics *m);

#endif
