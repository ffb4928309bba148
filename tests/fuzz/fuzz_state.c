/*
 * fuzz_state.c - bytes become adds, deletes, searches, index work, checkpoints and restarts, beside a
 * model that compares with everything.
 *
 * After each step: what the model has is there with its numbers, an exact search gives what the model
 * gives, a search by the graph gives live slots in order, and every live vector asked for by itself is
 * the first; the graph's invariants hold.
 */

#include <assert.h>

#include "folder.h"
#include "vec.h"

#define DIM 3
#define SLOTS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct model {
	float x[SLOTS_MAX][DIM];
	bool live[SLOTS_MAX];
	uint32_t n, nlive;
	uint64_t bits[(SLOTS_MAX + 63) / 64];
};

static struct vec *
reopen(struct vec *v, struct model *m, uint8_t metric)
{
	struct vec_options o = { .dim = DIM, .metric = (enum vec_metric)(metric % VEC_NMETRICS), .M = 4,
		.ef_construction = 8, .seed = 1, .create = true };
	struct vec_error err;

	vec_close(v);
	memset(m->bits, 0, sizeof(m->bits));
	for (uint32_t i = 0; i < m->n; i++)
		if (m->live[i])
			m->bits[i / 64] |= (uint64_t)1 << i % 64;
	o.live = m->n > 0 ? m->bits : NULL;
	o.nlive = m->n;
	if (vec_open(fuzz_folder, &o, &v, &err) != 0)
		abort();
	return v;
}

static void
add(struct vec *v, struct model *m, uint8_t a, uint8_t b)
{
	struct vec_error err;
	uint32_t slot;

	if (m->n == SLOTS_MAX)
		return;
	m->x[m->n][0] = (float)(a % 16) + 1;
	m->x[m->n][1] = (float)(b % 16);
	m->x[m->n][2] = (float)(a / 16);
	assert(vec_add(v, m->x[m->n], DIM, &slot, &err) == 0);
	assert(slot == m->n);
	m->live[m->n++] = true;
	m->nlive++;
}

static void
delete(struct vec *v, struct model *m, uint8_t a)
{
	struct vec_error err;
	uint32_t slot = m->n > 0 ? a % m->n : 0;
	int rc = vec_delete(v, slot, &err);

	assert((rc == 0) == (m->n > 0 && m->live[slot]));
	if (rc == 0) {
		m->live[slot] = false;
		m->nlive--;
	}
}

/* The k nearest by the model, against an exact search; and the graph's answer, as far as it must be. */
static void
search(struct vec *v, const struct model *m, const float *x, enum vec_metric metric)
{
	struct vec_query q = VEC_QUERY(5);
	struct vec_hit hits[5];
	struct vec_error err;
	bool seen[SLOTS_MAX] = { false };
	size_t n;

	q.exact = true;
	assert(vec_search(v, x, DIM, &q, hits, &n, &err) == 0);
	assert(n == (m->nlive < 5 ? m->nlive : 5));
	for (size_t i = 0; i < n; i++) {
		uint32_t best = SLOTS_MAX;
		float least = 0;

		for (uint32_t s = 0; s < m->n; s++) {
			float d = m->live[s] && !seen[s] ? vec_distance(metric, x, m->x[s], DIM) : 0;

			if (m->live[s] && !seen[s] && (best == SLOTS_MAX || d < least)) {
				best = s;
				least = d;
			}
		}
		assert(hits[i].slot == best && hits[i].distance == least);
		seen[best] = true;
	}
	q.exact = false;
	q.ef = 200;
	assert(vec_search(v, x, DIM, &q, hits, &n, &err) == 0);
	assert(n == (m->nlive < 5 ? m->nlive : 5));
	for (size_t i = 0; i < n; i++) {
		assert(m->live[hits[i].slot]);
		assert(hits[i].distance == vec_distance(metric, x, m->x[hits[i].slot], DIM));
		assert(i == 0 || hits[i - 1].distance <= hits[i].distance);
	}
}

static void
check(struct vec *v, const struct model *m)
{
	struct vec_check_report report;
	struct vec_error err;
	struct vec_stats st;

	vec_stats(v, &st);
	assert(st.published == m->n && st.live == m->nlive);
	assert(st.indexed + st.tail == st.live);
	assert(vec_check(v, &report, &err) == 0 && report.unreachable == 0);
	for (uint32_t s = 0; s < m->n; s++)
		assert(memcmp(vec_peek(v, s), m->x[s], sizeof(m->x[s])) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct model m;
	enum vec_metric metric = (enum vec_metric)(n > 0 ? data[0] % VEC_NMETRICS : 0);
	struct vec_error err;
	struct vec *v;
	float x[DIM];

	fuzz_enter();
	memset(&m, 0, sizeof(m));
	v = reopen(NULL, &m, n > 0 ? data[0] : 0);
	for (size_t i = 1; i + 2 < n && i < 600; i += 3) {
		x[0] = (float)(data[i + 1] % 16) + 0.5f;
		x[1] = (float)(data[i + 2] % 16);
		x[2] = (float)(data[i + 1] / 16);
		switch (data[i] % 8) {
		case 0: case 1: case 2: add(v, &m, data[i + 1], data[i + 2]); break;
		case 3: delete(v, &m, data[i + 1]); break;
		case 4: search(v, &m, x, metric); break;
		case 5: assert(vec_index(v, data[i + 1], &err) >= 0); break;
		case 6: assert(vec_checkpoint(v, &err) == 0); break;
		case 7: v = reopen(v, &m, data[0]); break;
		}
		check(v, &m);
	}
	search(v, &m, (const float[DIM]){ 1, 2, 3 }, metric);
	vec_close(v);
	return 0;
}
