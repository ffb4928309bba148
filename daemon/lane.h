/*
 * lane.h - a queue of jobs and the threads that work it off.
 *
 * libuv has a worker pool, but one for everything: a password hash of 200 ms or a slow disk would
 * stand in the way of a search of 50 us.  So each kind of work has a lane of its own, with its own
 * number of threads and its own bound.
 */

#ifndef LANE_H
#define LANE_H

#include <stdbool.h>
#include <stddef.h>

/* Part of what is queued, as its first or any other member; touched by the lane alone. */
struct lane_job {
	struct lane_job *next;
};

struct lane;

/*
 * Threads named `name` (15 characters at most) that call `run` with one job after the other, oldest
 * first.  At most `max` jobs wait.  NULL: no memory or no threads.
 */
struct lane *lane_new(const char *name, unsigned nthreads, size_t max,
    void (*run)(void *arg, struct lane_job *job), void *arg);

/* Queue a job; false when too many wait or the lane is stopping.  Any thread. */
bool lane_push(struct lane *l, struct lane_job *job);

/*
 * Inside `run`: take what waits as well, up to `max` jobs, oldest first, chained by next.  NULL: none.
 */
struct lane_job *lane_take(struct lane *l, size_t max);

/* Take no more jobs, finish those that wait, join the threads.  lane_free does so too; NULL is fine. */
void lane_stop(struct lane *l);
void lane_free(struct lane *l);

#endif
