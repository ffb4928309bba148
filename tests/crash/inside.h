/*
 * inside.h - a whole daemon inside the test's own process, without its socket: the lanes, the group
 * commit, the index threads and the metadata as they are, asked by lines.
 */

#ifndef CRASH_INSIDE_H
#define CRASH_INSIDE_H

#include <jansson.h>
#include <uv.h>

#include "daemon.h"
#include "wire.h"

/* Start on the folder `data`; false and why not. */
bool inside_start(const char *data, struct err *err);
void inside_stop(void);

/* A request under way; in place, until inside_answer. */
struct asked {
	uv_sem_t done;
	uint64_t note;		/* given to seam_note when it is answered; 0: none */
	char *reply;
	size_t nreply;
};

/* Ask: `args` is borrowed, `token` may be NULL.  The answer comes through inside_answer. */
void inside_ask(struct asked *a, const char *op, const char *token, json_t *args, uint64_t note);

/* Wait for it.  WIRE_OK and a new reference in *result, or the error and its sentence. */
enum wire_code inside_answer(struct asked *a, json_t **result, char *sentence, size_t n);

/* Both at once. */
enum wire_code inside_call(const char *op, const char *token, json_t *args, json_t **result,
    char *sentence, size_t n);

/* All index work and checkpoints that are due have been done when this returns. */
void inside_rest(const char *token, const char *collection);

/* Remove all that is in a folder. */
void inside_empty(const char *folder);

#endif
