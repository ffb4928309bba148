/*
 * call_embed.c - calls that wait for vectors.
 *
 * An operation that finds vectors missing leaves a job in the call and ends, so that no thread waits
 * for the network.  JSON values do not leave their thread, and so the call is not stopped half way:
 * it is run once more from its line, with the vectors at hand.  That costs a second parse, a
 * thousandth of what the service took.
 */

#include <stdlib.h>

#include "call.h"
#include "embedding.h"

void
call_embed_forget(struct call *c)
{
	struct embed_job *next;

	embed_job_free(c->wants);
	c->wants = NULL;
	for (struct embed_job *job = c->embedded; job != NULL; job = next) {
		next = job->next;
		embed_job_free(job);
	}
	c->embedded = NULL;
}

/* On the loop's thread. */
static void
on_done(struct embed_job *job)
{
	struct call *c = job->arg;

	if (job->rc != 0) {
		call_fail(c, call_code_embed(job->rc), "%s", job->err.text);
		embed_job_free(job);
		call_finish(c);
		return;
	}
	job->next = c->embedded;
	c->embedded = job;
	if (lane_push(c->d->work, &c->job))
		return;
	call_fail(c, WIRE_BUSY, "too many requests are waiting");
	call_finish(c);
}

void
call_embed(struct call *c)
{
	struct embed_job *job = c->wants;

	c->wants = NULL;
	job->done = on_done;
	job->arg = c;
	job->gone = &c->gone;
	if (embedding_push(c->d->embedding, job))
		return;
	embed_job_free(job);
	call_fail(c, WIRE_BUSY, "too many texts are waiting to be embedded, or the daemon is stopping");
	call_finish(c);
}

void
call_fail_embed(struct call *c, enum wire_code code, const struct err *err)
{
	if (c->wants == NULL)
		call_fail(c, code, "%s", err->text);
}
