/*
 * commit.c - the commit lane: group commit.
 *
 * A group goes through five steps.  What fails a job before the commit fails that job alone, and the
 * slots of its vectors are burnt: no row will ever name them.  What fails the transaction fails the
 * group.  After the commit nothing may fail any more.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "build.h"
#include "commit.h"
#include "indexer.h"
#include "log.h"

#define GROUP_MAX 64			/* jobs in one transaction */
#define QUEUE_MAX 4096
#define REQUEST_LIFE (24 * 3600)	/* seconds a request_id is remembered */
#define EXPIRE_EVERY 3600

struct commit {
	struct daemon *d;
	struct lane *lane;
	struct commit_job *uncertain;	/* jobs whose commit is, with their spaces held; the lane's */
	struct commit_job back;		/* told to the lane when the database has come back */
	atomic_bool telling;		/* it is in the lane */
	int64_t expired;		/* daemon_clock of the last expiry of request_ids */
};

/* --- the steps --------------------------------------------------------------------------------- */

static void
fail_job(struct commit_job *job, enum wire_code code, const char *sentence)
{
	job->code = code;
	err_set(&job->err, (int)code, "%s", sentence);
}

static struct commit_job *
next_job(const struct commit_job *job)
{
	return (struct commit_job *)(void *)job->job.next;
}

/* 1. Write the vectors. */
static void
append(struct commit_job *jobs)
{
	struct vec_error ve;
	int rc;

	for (struct commit_job *j = jobs; j != NULL; j = next_job(j)) {
		assert(j->space != NULL);	/* only a drop has none, and it runs alone */
		if (atomic_load(&j->space->dropped)) {
			fail_job(j, WIRE_NOT_FOUND, "the collection was dropped meanwhile");
			continue;
		}
		if (j->nvectors == 0)
			continue;
		rc = vec_append(j->space->vec, j->vectors, j->nvectors, &j->first, &ve);
		if (rc != 0) {
			if (rc == VEC_EREADONLY)
				space_log_read_only(j->space, ve.message);
			fail_job(j, call_code_vec(rc), ve.message);
			j->nvectors = 0;
			continue;
		}
		j->space->next_slot = j->first + (uint32_t)j->nvectors;
	}
}

/* The first job of the chain that is about the same collection. */
static bool
is_first_of_space(const struct commit_job *jobs, const struct commit_job *job)
{
	while (jobs->space != job->space)
		jobs = next_job(jobs);
	return jobs == job;
}

static bool
has_vectors(const struct commit_job *jobs, const struct space *s)
{
	for (; jobs != NULL; jobs = next_job(jobs))
		if (jobs->space == s && jobs->code == WIRE_OK && jobs->nvectors > 0)
			return true;
	return false;
}

/* 2. Make them durable. */
static void
sync_vectors(struct commit *cm, struct commit_job *jobs)
{
	struct vec_error ve;
	uint64_t began;
	int rc;

	for (struct commit_job *j = jobs; j != NULL; j = next_job(j)) {
		if (!is_first_of_space(jobs, j) || !has_vectors(jobs, j->space))
			continue;
		began = metrics_clock();
		rc = vec_sync(j->space->vec, &ve);
		metrics_time(&cm->d->metrics.fsync, began);
		if (rc == 0)
			continue;
		space_log_read_only(j->space, ve.message);
		for (struct commit_job *k = j; k != NULL; k = next_job(k))
			if (k->space == j->space && k->code == WIRE_OK && k->nvectors > 0)
				fail_job(k, WIRE_READ_ONLY, ve.message);
	}
}

/* The counters of each collection that changed, one row each. */
static int
advance(struct commit_job *jobs, struct meta_txn *t, struct err *err)
{
	int rc = 0;

	for (struct commit_job *j = jobs; j != NULL && rc == 0; j = next_job(j)) {
		int64_t delta = 0;
		bool changed = false;

		if (!is_first_of_space(jobs, j))
			continue;
		for (struct commit_job *k = j; k != NULL; k = next_job(k))
			if (k->space == j->space && k->code == WIRE_OK && !k->idle) {
				delta += k->delta;
				changed = true;
			}
		if (changed)
			rc = meta_collection_advance(t, j->number, j->space->next_id,
			    j->space->next_slot, delta, err);
	}
	return rc;
}

/* 3. Write the rows, and commit. */
static void
commit_rows(struct commit *cm, struct commit_job *jobs)
{
	struct meta_txn *t = NULL;
	int64_t now = daemon_clock();
	uint64_t began, number = 0;
	struct err err;
	int rc;

	if ((rc = meta_begin(cm->d->meta, &t, &err)) != 0)
		goto fail;
	number = meta_txn_number(t);
	for (struct commit_job *j = jobs; j != NULL; j = next_job(j))
		if (j->code == WIRE_OK && (rc = commit_apply(j, t, &err)) != 0)
			goto fail;
	if ((rc = advance(jobs, t, &err)) != 0)
		goto fail;
	if (now - cm->expired >= EXPIRE_EVERY) {
		if ((rc = meta_request_expire(t, daemon_now() - REQUEST_LIFE, &err)) != 0)
			goto fail;
		cm->expired = now;
	}
	began = metrics_clock();
	rc = meta_commit(t, &err);
	metrics_time(&cm->d->metrics.commit, began);
	t = NULL;
	if (rc == 0)
		return;
fail:
	meta_rollback(t);
	log_error("changes were not committed: %s", err.text);
	for (struct commit_job *j = jobs; j != NULL; j = next_job(j))
		if (j->code == WIRE_OK) {
			fail_job(j, call_code_meta(rc), err.text);
			j->uncertain = rc == META_EUNKNOWN;
			j->txn = number;
		}
}

/* 4. */
void
commit_publish(struct commit_job *jobs)
{
	struct vec_error ve;

	for (struct commit_job *j = jobs; j != NULL; j = next_job(j)) {
		bool used = j->code == WIRE_OK && j->result != NULL && j->nvectors > 0;

		for (size_t i = 0; !used && !j->uncertain && i < j->nvectors; i++)
			vec_delete(j->space->vec, j->first + (uint32_t)i, NULL);	/* burnt */
	}
	for (struct commit_job *j = jobs; j != NULL; j = next_job(j)) {
		if (j->code != WIRE_OK)
			continue;
		if (!j->idle && (is_first_of_space(jobs, j) || j->nvectors > 0))
			if (vec_publish(j->space->vec, j->space->next_slot, &ve) != 0)
				log_error("collection %llu: %s", (unsigned long long)j->number,
				    ve.message);
		for (size_t i = 0; i < j->ngone; i++)
			vec_delete(j->space->vec, j->gone[i], NULL);
		space_note_gone(j->space, j->gone, j->ngone);
		if (j->in_place)
			atomic_fetch_add(&j->space->metas, 1);
	}
}

/*
 * Let the work lane run the call once more, from its line: an item it left alone has changed since
 * and wants its text embedded, or the collection has another generation.
 */
static void
run_again(struct commit *cm, struct call *c)
{
	if (lane_push(cm->d->work, &c->job))
		return;
	call_fail(c, WIRE_BUSY, "too many requests are waiting");
	call_finish(c);
}

/* 5. Answer. */
static void
answer(struct commit *cm, struct commit_job *jobs)
{
	struct commit_job *next;
	struct vec_error ve;

	for (struct commit_job *j = jobs; j != NULL; j = next) {
		struct call *c = j->call;
		bool again = j->code == WIRE_OK && j->again;

		next = next_job(j);
		if (j->code != WIRE_OK) {
			call_fail(c, j->code, "%s", j->err.text);
		} else if (!again) {
			atomic_fetch_add(&cm->d->metrics.items, j->changed);
			call_reply(c, j->result);
			j->result = NULL;
		}
		if (j->uncertain) {
			commit_keep(&cm->uncertain, j);
		} else {
			(void)spaces_is_lost(cm->d->spaces, j->space, &ve);
			spaces_release(cm->d->spaces, j->space);
			commit_job_free(j);
		}
		if (again)
			run_again(cm, c);
		else
			call_finish(c);
	}
	indexer_kick(cm->d->indexer);
}

static void
run_group(struct commit *cm, struct commit_job *jobs)
{
	struct err err;

	if (!commit_settle(cm->d, &cm->uncertain, &err)) {
		for (struct commit_job *j = jobs, *next; j != NULL; j = next) {
			next = next_job(j);
			commit_refuse(cm->d, j, &err);
		}
		return;
	}
	append(jobs);
	sync_vectors(cm, jobs);
	commit_rows(cm, jobs);
	commit_publish(jobs);
	answer(cm, jobs);
}

/* From a thread of the metadata. */
static void
database_is_back(void *arg)
{
	struct commit *cm = arg;

	if (!atomic_exchange(&cm->telling, true) && !lane_push(cm->lane, &cm->back.job))
		atomic_store(&cm->telling, false);	/* the next change settles it as well */
}

/* --- the lane ---------------------------------------------------------------------------------- */

/* A job without a call, on the stack of whoever waits for it. */
struct moment {
	struct commit_job job;
	void (*fn)(void *arg);
	void *arg;
	uv_sem_t done;
};

static void
run_moment(struct commit_job *job)
{
	struct moment *m = (struct moment *)(void *)job;

	m->fn(m->arg);
	uv_sem_post(&m->done);
}

bool
commit_moment(struct commit *cm, void (*fn)(void *arg), void *arg)
{
	struct moment m = { .job.kind = COMMIT_MOMENT, .fn = fn, .arg = arg };
	bool pushed;

	if (uv_sem_init(&m.done, 0) != 0)
		return false;
	if ((pushed = lane_push(cm->lane, &m.job.job)))
		uv_sem_wait(&m.done);
	uv_sem_destroy(&m.done);
	return pushed;
}

bool
commit_is_settled(struct commit *cm, struct err *err)
{
	return commit_settle(cm->d, &cm->uncertain, err);
}

/* The job was made for a generation that is no more: the call makes another. */
static void
send_back(struct commit *cm, struct commit_job *job)
{
	struct call *c = job->call;

	spaces_release(cm->d->spaces, job->space);
	commit_job_free(job);
	run_again(cm, c);
}

/* A job that stands alone. */
static void
run_alone(struct commit *cm, struct commit_job *job)
{
	struct err err;

	if (job->kind == COMMIT_BACK) {
		atomic_store(&cm->telling, false);
		(void)commit_settle(cm->d, &cm->uncertain, &err);
		builds_back(cm->d->builds);
	} else if (job->kind == COMMIT_MOMENT) {
		/* a copy without the database fails by itself */
		(void)commit_settle(cm->d, &cm->uncertain, &err);
		run_moment(job);
	} else if (commit_settle(cm->d, &cm->uncertain, &err)) {
		commit_run_drop(cm->d, &cm->uncertain, job);
	} else {
		commit_refuse(cm->d, job, &err);
	}
}

/* Take what waits; a drop and a moment end a group and stand alone. */
static void
run(void *arg, struct lane_job *first)
{
	struct commit *cm = arg;
	struct commit_job *group = NULL, *j, *next;
	struct commit_job **last = &group;

	first->next = lane_take(cm->lane, GROUP_MAX - 1);
	for (j = (struct commit_job *)(void *)first; j != NULL; j = next) {
		next = next_job(j);
		j->job.next = NULL;
		if (j->space != NULL && atomic_load(&j->space->retired)) {
			send_back(cm, j);
			continue;
		}
		if (j->kind < COMMIT_DROP) {
			*last = j;
			last = (struct commit_job **)(void *)&j->job.next;
			continue;
		}
		if (group != NULL)
			run_group(cm, group);
		group = NULL;
		last = &group;
		run_alone(cm, j);
	}
	if (group != NULL)
		run_group(cm, group);
}

struct commit *
commit_new(struct daemon *d)
{
	struct commit *cm = calloc(1, sizeof(*cm));

	if (cm == NULL)
		return NULL;
	cm->d = d;
	cm->back.kind = COMMIT_BACK;
	cm->expired = daemon_clock() - EXPIRE_EVERY;
	if ((cm->lane = lane_new("commit", 1, QUEUE_MAX, run, cm)) == NULL) {
		free(cm);
		return NULL;
	}
	meta_watch(d->meta, database_is_back, cm);
	return cm;
}

void
commit_free(struct commit *cm)
{
	if (cm == NULL)
		return;
	meta_watch(cm->d->meta, NULL, NULL);
	lane_free(cm->lane);
	commit_forget(cm->d, &cm->uncertain);
	free(cm);
}

int
commit_push(struct commit_job *job)
{
	struct call *c = job->call;

	if (lane_push(c->d->commit->lane, &job->job))
		return CALL_LATER;
	spaces_release(c->d->spaces, job->space);
	commit_job_free(job);
	call_fail(c, WIRE_BUSY, "too many changes are waiting");
	return CALL_DONE;
}
