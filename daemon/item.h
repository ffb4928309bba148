/*
 * item.h - items of a request: from JSON to what the commit lane takes.
 */

#ifndef ITEM_H
#define ITEM_H

#include <jansson.h>

#include "commit.h"

/*
 * Fill the job's items and vectors from `objects` (an array of job->n objects with text, vector, key
 * and meta; text or vector in each).  Texts without a vector are embedded; an item that is there
 * already is marked as `same` and gets no vector.  WIRE_OK; or the error of the first bad one with its sentence in `err`, and in *bad (to be freed) an array that describes
 * all of them; *bad is NULL when the error is not about single items.
 */
enum wire_code item_take_all(struct commit_job *job, const json_t *objects, json_t **bad,
    struct err *err);

/*
 * Mark the items whose key has an item with their text and vector; what an item's vector is stands in
 * job->vectors at its place, when `objects` has one.  0, or a failure of the metadata.  Then: the
 * vectors of the others moved together, with their checksums, and counted.
 */
int item_find_same(struct commit_job *job, const json_t *objects, struct err *err);
void item_close_ranks(struct commit_job *job);

/* Take the request_id, with a digest of all that was asked.  0, or -1: no memory. */
int item_take_request(struct commit_job *job, const json_t *args);

/* Copies of a string (with its NUL bytes) and of an object as JSON text; NULL: no memory. */
char *item_copy_string(const json_t *string);
char *item_copy_meta(const json_t *object);

#endif
