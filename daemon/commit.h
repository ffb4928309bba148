/*
 * commit.h - how items change.
 *
 * One thread, the commit lane, makes all changes to items.  It takes the changes that wait, writes
 * their vectors, makes these durable with one fdatasync for each collection, commits all rows in one
 * transaction, publishes, and only then answers: so adds that come at the same time share the two
 * waits for the disk.
 *
 * A commit that the database cannot answer for is answered `unknown`.  What it had written is neither
 * found nor given to others until the database has told what became of it.
 */

#ifndef COMMIT_H
#define COMMIT_H

#include "call.h"
#include "space.h"

struct commit_item {
	uint64_t id;		/* of an update, delete or repair */
	uint32_t crc;		/* of its vector */
	char *text;		/* NULL: none; in an update: stays */
	size_t text_len;
	char *key;
	char *meta;		/* NULL: none; in an update: stays, unless drop_meta */
	bool by_key;		/* a delete by key */
	bool same;		/* an add of what is there in `slot`, but for its meta */
	uint32_t slot;		/* of a repair: where the damaged one is */
	size_t row;		/* of an add: its place among the vectors */
	bool drop_meta;
};

enum commit_kind {
	COMMIT_ADD,
	COMMIT_UPDATE,
	COMMIT_DELETE,
	COMMIT_REPAIR,		/* vectors in the place of damaged ones; then the call is run once more */
	COMMIT_DROP,
	COMMIT_MOMENT,
	COMMIT_BACK,		/* the database has come back; no more than that */
};

struct commit_job {
	struct lane_job job;
	struct call *call;
	struct space *space;	/* held for the job; NULL: a drop of what cannot be opened */
	uint64_t number;	/* of the collection */
	enum commit_kind kind;
	bool single;		/* answer with `id`, and not_found for a missing one */
	bool lexical;		/* the local embedder made vectors: the answer says so */
	struct commit_item *items;
	size_t n;
	float *vectors;		/* nvectors rows, in the order of the items */
	size_t nvectors;	/* at most n for an add, n for a repair, 0 or 1 for an update */
	struct filter *where;	/* of a delete, instead of items; or NULL */
	char *request;		/* request_id, or NULL */
	uint64_t digest;	/* of what was asked */

	uint32_t first;		/* the first of the slots that the vectors got */
	uint32_t *gone;		/* slots that no item has any more after this */
	size_t ngone, gone_room;
	size_t changed;		/* items written or removed */
	bool in_place;		/* a meta has changed, and its slot has not */
	bool idle;		/* nothing was written, and no slot given */
	bool again;		/* it is done, or an item was `same` and is no more: the call is run
				 * once more */
	bool uncertain;		/* was answered, and may have happened */
	uint64_t txn;		/* its transaction's number */
	int64_t delta;		/* items more, or fewer */
	enum wire_code code;	/* WIRE_OK, or why it failed */
	struct err err;
	json_t *result;		/* the answer; the commit lane's thread only */
};

struct commit *commit_new(struct daemon *d);

/* Finishes what waits.  NULL is fine. */
void commit_free(struct commit *cm);

/*
 * A job for `n` items and at most `nvectors` vectors.  It takes over the hold on `s`.  NULL: no
 * memory; the hold is then the caller's still.
 */
struct commit_job *commit_job_new(struct call *c, struct space *s, enum commit_kind kind, size_t n,
    size_t nvectors);
void commit_job_free(struct commit_job *job);

/* Hand a job (taken) to the lane.  CALL_LATER, or CALL_DONE with the call failed as busy. */
int commit_push(struct commit_job *job);

/* Drop a collection; takes over the hold on `s`, which is NULL when it cannot be opened. */
int commit_drop(struct call *c, uint64_t number, struct space *s);

/*
 * Call `fn` on the lane, between two groups, when all that was pushed before has been answered, and
 * return when it has run: no item changes meanwhile.  False: too much is waiting, and it was not
 * called.
 */
bool commit_moment(struct commit *cm, void (*fn)(void *arg), void *arg);

/*
 * For `fn` of a moment: is it known what became of every commit before it?  False: the database is
 * away, and nothing may change.
 */
bool commit_is_settled(struct commit *cm, struct err *err);

/* 4. Let the vectors be found, and those that are gone no more; burn those of jobs that failed. */
void commit_publish(struct commit_job *jobs);

/*
 * In commit_uncertain.c, and the lane's alone: keep a job that was answered `unknown` with the others of
 * its transaction; find out what became of them and do what is to be done (false: it cannot be told yet,
 * and nothing may change); forget them; refuse a job meanwhile.
 */
void commit_keep(struct commit_job **kept, struct commit_job *job);
bool commit_settle(struct daemon *d, struct commit_job **kept, struct err *err);
void commit_forget(struct daemon *d, struct commit_job **kept);
void commit_refuse(struct daemon *d, struct commit_job *job, const struct err *err);

/*
 * In commit_drop.c, and the lane's alone: drop a collection and answer; its row is gone: so are the
 * files, when the last holder has let go.
 */
void commit_run_drop(struct daemon *d, struct commit_job **kept, struct commit_job *job);
void commit_drop_files(struct daemon *d, struct commit_job *job);

/*
 * In commit_apply.c: write the rows of a job whose vectors are durable.  0 with job->result set; 0
 * with job->code set when the job cannot be done, nothing written; or a failure of the database,
 * which fails the whole transaction.
 */
int commit_apply(struct commit_job *job, struct meta_txn *t, struct err *err);

/* Its parts: the rows of a delete, in commit_delete.c; a job refused for want of such an item. */
int commit_delete(struct commit_job *job, struct meta_txn *t, struct err *err);
int commit_not_there(struct commit_job *job, uint64_t id);

#endif
