/*
 * batch.c - the loop: read, send what is full or has waited, take answers.
 */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch_run.h"
#include "interrupt.h"
#include "progress.h"
#include "say.h"

#define IDLE_MS 20		/* without input for so long, what there is goes */
#define LAST_ANSWER_MS 2000	/* Ctrl-C waits so long for a batch that is under way */

void
batch_done(struct batch_run *run, size_t n)
{
	run->done += n;
}

void
batch_bad(struct batch_run *run, uint64_t place, int status, const char *reason)
{
	say_bad(place > 0 ? run->feed->unit : NULL, place, reason);
	if (run->bad++ == 0 && !run->stopped)
		run->status = status;
}

/* --- items ------------------------------------------------------------------------------------ */

static bool
is_full(const struct batch_run *run)
{
	size_t bytes = run->job->bytes > 0 ? run->job->bytes : BATCH_BYTES;

	return run->next->n >= run->job->items || run->next->bytes >= bytes;
}

static void
put_item(struct batch_run *run, const struct record *r)
{
	struct batch *b = run->next;
	char why[160] = "out of memory";
	json_t *item;

	if (r->too_long) {
		snprintf(why, sizeof(why), "longer than %zu bytes", run->feed->max);
		batch_bad(run, r->place, EXIT_USAGE, why);
		return;
	}
	if ((item = run->job->item(run->job->arg, r, why, sizeof(why))) == NULL) {
		batch_bad(run, r->place, EXIT_USAGE, why);
	} else if (json_array_append_new(b->items, item) != 0) {
		batch_stop(run, app_no_memory());
	} else {
		b->places[b->n++] = r->place;
		b->bytes += r->n;
	}
}

/* Take what the feed has, until the batch is full. */
static void
gather(struct batch_run *run)
{
	struct record r;

	if (run->next == NULL)
		run->next = batch_new(run);
	while (!run->stopped && !run->ended && !is_full(run)) {
		switch (feed_next(run->feed, &r)) {
		case FEED_RECORD:
			put_item(run, &r);
			break;
		case FEED_END:
			run->ended = true;
			break;
		case FEED_WAIT:
			return;
		}
	}
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Wait for input, an answer or Ctrl-C; true when none came for IDLE_MS and the batch should go. */
static bool
wait_for_any(struct batch_run *run)
{
	bool may_send = run->next->n > 0 && run->nsent < run->job->window;
	struct pollfd p[3] = {
		{ .fd = run->interrupt, .events = POLLIN },
		{ .fd = run->nsent > 0 ? client_fd(run->app->client) : -1, .events = POLLIN },
		{ .fd = run->ended || is_full(run) ? -1 : run->feed->fd, .events = POLLIN },
	};
	int due = progress_due();
	int ms = may_send ? IDLE_MS : -1;
	int n;

	if (due >= 0 && (ms < 0 || due < ms))
		ms = due;
	n = poll(p, 3, ms);
	progress_step(run->done, run->feed->bytes);
	if (n <= 0)
		return n == 0 && may_send;
	if (p[1].revents != 0)
		batch_receive(run);
	if (p[2].revents != 0)
		feed_fill(run->feed);
	return false;
}

static void
loop(struct batch_run *run)
{
	bool idle = false;

	while (!run->stopped && !interrupt_came()) {
		gather(run);
		if (run->stopped)
			break;
		if (run->next->n > 0 && run->nsent < run->job->window &&
		    (is_full(run) || run->ended || idle)) {
			struct batch *b = run->next;
			run->next = NULL;
			idle = false;
			batch_send(run, b);
			continue;
		}
		if (run->ended && run->nsent == 0 && run->next->n == 0)
			break;
		if (run->nsent > 0 && client_ready(run->app->client))
			batch_receive(run);
		else
			idle = wait_for_any(run);
	}
}

/* After Ctrl-C: what is under way will be done, so its answer is waited for, briefly. */
static void
finish_interrupted(struct batch_run *run)
{
	struct pollfd p = { .events = POLLIN };

	interrupt_seen();
	while (run->nsent > 0 && !run->stopped) {
		p.fd = client_fd(run->app->client);
		if (!client_ready(run->app->client) && poll(&p, 1, LAST_ANSWER_MS) <= 0)
			break;
		batch_receive(run);
	}
	say_error("interrupted: %llu %s", (unsigned long long)run->done, run->job->verb);
	batch_say_open(run);
}

static int
status_of(const struct batch_run *run)
{
	if (interrupt_came())
		return EXIT_INTERRUPTED;
	if (!run->stopped && run->bad == 0)
		return EXIT_DONE;
	if (run->app->out.failed != 0)
		return EXIT_FAILED;
	return run->done > 0 ? EXIT_PARTLY : run->status;
}

int
batch_run(struct app *app, const struct batch_job *job, struct feed *feed)
{
	struct batch_run run = { .app = app, .job = job, .feed = feed };

	run.interrupt = interrupt_begin();
	if (job->progress != PROGRESS_NEVER && feed->words == NULL)
		progress_begin(job->verb, feed->total,
		    app_given(app, OPT_PROGRESS) ? PROGRESS_ALWAYS : job->progress);
	loop(&run);
	if (interrupt_came())
		finish_interrupted(&run);
	progress_end(run.done, feed->bytes);
	if (feed->failed != 0) {
		say_error("cannot read %s: %s", feed->name, strerror(feed->failed));
		if (!run.stopped)
			batch_stop(&run, EXIT_FAILED);
	} else if (feed->broken != NULL && !run.stopped) {
		say_error("%s, after %s %llu: %s", feed->name, feed->unit,
		    (unsigned long long)feed->place, feed->broken);
		batch_stop(&run, EXIT_MISMATCH);
	} else if (run.stopped && run.done > 0) {
		say_error("%llu %s before that", (unsigned long long)run.done, job->verb);
	}
	for (size_t i = 0; i < run.nsent; i++)
		batch_free(run.sent[i]);
	batch_free(run.next);
	return status_of(&run);
}
