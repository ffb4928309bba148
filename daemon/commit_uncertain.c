/*
 * commit_uncertain.c - changes that were answered `unknown`.
 *
 * Their rows may be there or not, so their vectors are neither published nor burnt, and their spaces
 * stay held.  When the database has come back and can tell, either what a commit leaves to be done is
 * done late, or the slots are burnt as those of any job that failed.  Nothing changes before that.
 */

#include <stdlib.h>

#include "commit.h"
#include "indexer.h"
#include "log.h"

static struct commit_job *
next_job(const struct commit_job *job)
{
	return (struct commit_job *)(void *)job->job.next;
}

void
commit_keep(struct commit_job **kept, struct commit_job *job)
{
	job->call = NULL;	/* it is answered */
	job->job.next = *kept != NULL ? &(*kept)->job : NULL;
	*kept = job;
}

void
commit_forget(struct daemon *d, struct commit_job **kept)
{
	for (struct commit_job *j = *kept, *next; j != NULL; j = next) {
		next = next_job(j);
		spaces_release(d->spaces, j->space);
		commit_job_free(j);
	}
	*kept = NULL;
}

/* All that is kept is of one transaction: after it nothing could be changed. */
bool
commit_settle(struct daemon *d, struct commit_job **kept, struct err *err)
{
	int rc;

	if (*kept == NULL)
		return true;
	if ((rc = meta_outcome(d->meta, (*kept)->txn, err)) < 0)
		return false;
	log_info("the commit that was uncertain %s", rc == 0 ? "has happened" : "has not happened");
	for (struct commit_job *j = *kept; j != NULL; j = next_job(j)) {
		j->uncertain = false;
		j->code = rc == 0 ? WIRE_OK : WIRE_UNKNOWN;
	}
	if ((*kept)->kind != COMMIT_DROP)	/* which stands alone */
		commit_publish(*kept);
	else if (rc == 0)
		commit_drop_files(d, *kept);
	commit_forget(d, kept);
	indexer_kick(d->indexer);
	return true;
}

void
commit_refuse(struct daemon *d, struct commit_job *job, const struct err *err)
{
	struct call *c = job->call;

	spaces_release(d->spaces, job->space);
	commit_job_free(job);
	call_fail(c, WIRE_UNAVAILABLE, "%s", err->text);
	call_finish(c);
}
