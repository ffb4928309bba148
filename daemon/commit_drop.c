/*
 * commit_drop.c - collections go.
 *
 * The row goes first, in a transaction of its own; the files when nobody holds them any more.
 */

#include "commit.h"

void
commit_drop_files(struct daemon *d, struct commit_job *job)
{
	if (job->space != NULL)
		atomic_store(&job->space->dropped, true);
	else
		space_remove(d, job->number);
}

static int
drop_row(struct daemon *d, struct commit_job *job, struct meta_collection *info, struct err *err)
{
	struct meta_txn *t = NULL;
	int rc;

	if ((rc = meta_collection_get(d->meta, job->number, info, err)) != 0 ||
	    (rc = meta_begin(d->meta, &t, err)) != 0)
		return rc;
	job->txn = meta_txn_number(t);
	if ((rc = meta_collection_drop(t, job->number, err)) == 0)
		return meta_commit(t, err);
	meta_rollback(t);
	return rc;
}

void
commit_run_drop(struct daemon *d, struct commit_job **kept, struct commit_job *job)
{
	struct meta_collection info;
	struct call *c = job->call;
	struct err err;
	int rc = drop_row(d, job, &info, &err);

	if (rc == META_NONE) {
		call_fail(c, WIRE_NOT_FOUND, "the collection was dropped meanwhile");
	} else if (rc != 0) {
		call_fail_meta(c, rc, &err);
	} else {
		commit_drop_files(d, job);
		call_reply(c, json_pack("{s:s, s:I}", "name", info.name, "count",
		    (json_int_t)info.count));
	}
	if (rc == META_EUNKNOWN) {
		job->uncertain = true;
		commit_keep(kept, job);
	} else {
		spaces_release(d->spaces, job->space);
		commit_job_free(job);
	}
	call_finish(c);
}

int
commit_drop(struct call *c, uint64_t number, struct space *s)
{
	struct commit_job *job = commit_job_new(c, s, COMMIT_DROP, 0, 0);

	if (job == NULL) {
		spaces_release(c->d->spaces, s);
		call_fail(c, WIRE_INTERNAL, "no memory to drop the collection");
		return CALL_DONE;
	}
	job->number = number;
	return commit_push(job);
}
