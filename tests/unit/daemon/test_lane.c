/*
 * test_lane.c - a queue of jobs and its threads.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "lane.h"

struct job {
	int before;		/* the lane's member need not be the first */
	struct lane_job job;
};

/* A gate that the first job waits at, so that what is pushed meanwhile surely waits. */
struct gate {
	struct lane *lane;
	uv_sem_t entered, open;
	bool first_waits;
	size_t take;		/* of what waits, taken by the first job */
	atomic_int nrun;
	int order[64];
	int ntaken;
};

static struct job *
job_of(struct lane_job *j)
{
	return (struct job *)(void *)((char *)j - offsetof(struct job, job));
}

static void
run(void *arg, struct lane_job *j)
{
	struct gate *g = arg;
	int at = atomic_fetch_add(&g->nrun, 1);

	if (at < 64)
		g->order[at] = job_of(j)->before;
	if (at != 0 || !g->first_waits)
		return;
	uv_sem_post(&g->entered);
	uv_sem_wait(&g->open);
	if (g->take == 0)
		return;
	for (struct lane_job *t = lane_take(g->lane, g->take); t != NULL; t = t->next) {
		g->order[atomic_fetch_add(&g->nrun, 1)] = job_of(t)->before;
		g->ntaken++;
	}
}

static void
gate_open(struct gate *g, unsigned nthreads, size_t max, bool first_waits)
{
	*g = (struct gate){ .first_waits = first_waits };
	assert_int_equal(uv_sem_init(&g->entered, 0), 0);
	assert_int_equal(uv_sem_init(&g->open, 0), 0);
	g->lane = lane_new("test", nthreads, max, run, g);
	assert_non_null(g->lane);
}

static void
gate_close(struct gate *g)
{
	lane_free(g->lane);
	uv_sem_destroy(&g->entered);
	uv_sem_destroy(&g->open);
}

static void
assert_order(const struct gate *g, int n)
{
	assert_int_equal(atomic_load(&g->nrun), n);
	for (int i = 0; i < n; i++)
		assert_int_equal(g->order[i], i);
}

static void
jobs_run_oldest_first(void **state)
{
	struct job jobs[50];
	struct gate g;

	(void)state;
	gate_open(&g, 1, 100, false);
	for (int i = 0; i < 50; i++) {
		jobs[i].before = i;
		assert_true(lane_push(g.lane, &jobs[i].job));
	}
	lane_stop(g.lane);
	assert_order(&g, 50);
	gate_close(&g);
}

static void
no_more_wait_than_the_bound(void **state)
{
	struct job jobs[5];
	struct gate g;

	(void)state;
	gate_open(&g, 1, 3, true);
	for (int i = 0; i < 5; i++)
		jobs[i].before = i;
	assert_true(lane_push(g.lane, &jobs[0].job));
	uv_sem_wait(&g.entered);	/* it runs, and waits no more */
	for (int i = 1; i < 4; i++)
		assert_true(lane_push(g.lane, &jobs[i].job));
	assert_false(lane_push(g.lane, &jobs[4].job));
	uv_sem_post(&g.open);
	lane_stop(g.lane);
	assert_order(&g, 4);
	gate_close(&g);
}

struct stopper {
	struct gate *g;
	atomic_bool done;
};

static void
stop(void *arg)
{
	struct stopper *s = arg;

	lane_stop(s->g->lane);
	atomic_store(&s->done, true);
}

static void
stop_finishes_what_waits_and_takes_no_more(void **state)
{
	struct job jobs[10], late[1000] = { 0 };
	struct stopper s;
	uv_thread_t thread;
	struct gate g;
	int i = 0;

	(void)state;
	gate_open(&g, 1, 2000, true);
	for (; i < 10; i++) {
		jobs[i].before = i;
		assert_true(lane_push(g.lane, &jobs[i].job));
	}
	uv_sem_wait(&g.entered);
	s = (struct stopper){ .g = &g };
	assert_int_equal(uv_thread_create(&thread, stop, &s), 0);
	for (i = 0; i < 1000 && lane_push(g.lane, &late[i].job); i++) /* until the stop has begun */
		usleep(1000);
	assert_true(i < 1000);
	assert_false(atomic_load(&s.done));
	uv_sem_post(&g.open);
	uv_thread_join(&thread);
	assert_false(lane_push(g.lane, &late[i].job));
	assert_int_equal(atomic_load(&g.nrun), 10 + i);
	for (i = 0; i < 10; i++)
		assert_int_equal(g.order[i], i);
	gate_close(&g);
}

static void
take_gives_what_waits_up_to_max(void **state)
{
	static const struct {
		size_t take;
		int taken;
	} rows[] = { { 3, 3 }, { 7, 7 }, { 100, 7 } };

	(void)state;
	for (size_t row = 0; row < 3; row++) {
		struct job jobs[8];
		struct gate g;

		gate_open(&g, 1, 100, true);
		g.take = rows[row].take;
		for (int i = 0; i < 8; i++) {
			jobs[i].before = i;
			assert_true(lane_push(g.lane, &jobs[i].job));
		}
		uv_sem_wait(&g.entered);
		uv_sem_post(&g.open);
		lane_stop(g.lane);
		assert_int_equal(g.ntaken, rows[row].taken);
		assert_order(&g, 8);
		assert_null(lane_take(g.lane, 5));
		gate_close(&g);
	}
}

/* After a take that empties the queue a push must find its place again. */
static void
push_after_take_is_run(void **state)
{
	struct job jobs[3];
	struct gate g;

	(void)state;
	gate_open(&g, 1, 100, true);
	g.take = 10;
	for (int i = 0; i < 3; i++)
		jobs[i].before = i;
	assert_true(lane_push(g.lane, &jobs[0].job));
	assert_true(lane_push(g.lane, &jobs[1].job));
	uv_sem_wait(&g.entered);
	uv_sem_post(&g.open);
	while (atomic_load(&g.nrun) < 2)
		;
	assert_true(lane_push(g.lane, &jobs[2].job));
	lane_stop(g.lane);
	assert_order(&g, 3);
	gate_close(&g);
}

#define PUSHERS 4
#define EACH 2000

struct pusher {
	struct lane *lane;
	struct job *jobs;
};

static void
push_many(void *arg)
{
	struct pusher *p = arg;

	for (int i = 0; i < EACH; i++)
		while (!lane_push(p->lane, &p->jobs[i].job))
			;
}

static void
threads_run_each_job_once(void **state)
{
	struct job *jobs = calloc(PUSHERS * EACH, sizeof(*jobs));
	struct pusher pushers[PUSHERS];
	uv_thread_t threads[PUSHERS];
	struct gate g;

	(void)state;
	assert_non_null(jobs);
	gate_open(&g, 3, 16, false);
	for (int i = 0; i < PUSHERS; i++) {
		pushers[i] = (struct pusher){ g.lane, jobs + (ptrdiff_t)i * EACH };
		assert_int_equal(uv_thread_create(&threads[i], push_many, &pushers[i]), 0);
	}
	for (int i = 0; i < PUSHERS; i++)
		uv_thread_join(&threads[i]);
	lane_stop(g.lane);
	assert_int_equal(atomic_load(&g.nrun), PUSHERS * EACH);
	gate_close(&g);
	free(jobs);
}

static void
lane_of_nothing_ends(void **state)
{
	struct gate g;

	(void)state;
	gate_open(&g, 4, 10, false);
	lane_stop(g.lane);
	lane_stop(g.lane);
	gate_close(&g);
	lane_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_run_oldest_first),
		cmocka_unit_test(no_more_wait_than_the_bound),
		cmocka_unit_test(stop_finishes_what_waits_and_takes_no_more),
		cmocka_unit_test(take_gives_what_waits_up_to_max),
		cmocka_unit_test(push_after_take_is_run),
		cmocka_unit_test(threads_run_each_job_once),
		cmocka_unit_test(lane_of_nothing_ends),
	};

	return cmocka_run_group_tests_name("lane", tests, NULL, NULL);
}
