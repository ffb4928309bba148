/*
 * embedding.h - embedding services: texts go out, vectors come back, and no worker waits.
 *
 * The loop's thread owns the requests: which go out when, how many at once, what waits to be tried
 * again, how many texts a minute.  What costs time (writing a body, parsing an answer, the cache) is
 * done by a lane of its own.  A vector is put into the cache (embed_cache.h) as soon as it is there,
 * so that what was embedded once stays, whatever becomes of the rest of its request.
 *
 *	embedding.c		life, the way in and out
 *	embedding_send.c	what goes out when
 *	embedding_loop.c	jobs, and what becomes of their requests
 *	embedding_batch.c	one request: its body and its answer, on the lane
 *	embed_pace.c		texts a minute
 *
 * A *call* does not wait.  space_embed (space.h) finds that vectors are missing, leaves a job in the
 * call, and the operation ends without an answer; when the job is done the call is run once more,
 * from its line, and finds them.
 *
 * A *job in the background*, on a thread of its own, waits: embedding_wait.
 */

#ifndef EMBEDDING_H
#define EMBEDDING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "embed.h"
#include "embed_job.h"

struct daemon;
struct embedding;

/* With the lane and the cache, and without a loop yet.  NULL and the reason. */
struct embedding *embedding_new(struct daemon *d, struct err *err);

/* On the loop's thread: begin to serve; 0 or a libuv error. */
int embedding_begin(struct embedding *em, uv_loop_t *loop);

/*
 * On the loop's thread: what is under way fails as unavailable, and so does what comes later.  The
 * handles close; the loop runs until they have.
 */
void embedding_end(struct embedding *em);

/*
 * Where there is no loop, any more or ever: those who wait are told that the daemon is stopping, and
 * nothing is taken any more.
 */
void embedding_quit(struct embedding *em);

/* After the loop has ended, or without one.  Nobody waits in embedding_wait.  NULL is fine. */
void embedding_free(struct embedding *em);

/*
 * Hand a job (taken until `done`) to the service.  `done` is called once, on the loop's thread.
 * False: too much waits already, or the daemon is stopping; the job is the caller's still.
 */
bool embedding_push(struct embedding *em, struct embed_job *job);

/* On the loop's thread: some job's `gone` has been set; what it has under way is cancelled. */
void embedding_sweep(struct embedding *em);

/* Has it nothing but blanks?  A service refuses that, and with it the whole request. */
bool embedding_is_blank(const struct embed_text *t);

/*
 * Vectors of `n` texts into `out`, n rows of dim floats, as far as they are known: from `had` (a
 * chain of jobs that are done) and the cache.  For the rest *job is a new job, or NULL when there is
 * no rest.  0; EMBED_EINVAL when text *bad cannot be embedded; EMBED_EUNAVAILABLE when requests
 * cannot be made; EMBED_ENOMEM.  Any thread.  The embedder is remote and its dim is known.
 */
int embedding_look(struct embedding *em, struct embedder *e, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, const struct embed_job *had, float *out,
    struct embed_job **job, size_t *bad, struct err *err);

/*
 * Embed any number of texts with an embedder of either sort, and wait for it: for a thread of its
 * own, never for the loop, the work lane or the commit lane.  A few thousand texts at a time are
 * best: what is done stays in the cache (while that has room), so a failure costs nothing but time,
 * and the same call made again goes on.  `stop` (may be NULL) ends it soon after it is set, when
 * embedding_nudge is called.  0; EMBED_EINVAL and *bad for a text that cannot be embedded, else *bad
 * is SIZE_MAX; EMBED_ERATE; EMBED_EUNAVAILABLE, also when the daemon stops.
 */
int embedding_wait(struct embedding *em, struct embedder *e, enum embed_purpose purpose,
    const struct embed_text *texts, size_t n, float *out, const atomic_bool *stop, size_t *bad,
    struct err *err);

/* From any thread: look at all `gone` and `stop` again. */
void embedding_nudge(struct embedding *em);

#endif
