/*
 * ids.h - what get and delete share: ids as the items of a batch.
 */

#ifndef COOLVEC_IDS_H
#define COOLVEC_IDS_H

#include "app.h"
#include "batch.h"

/* The ids' source: the words, or standard input with `-` or when nothing is given in a pipe.  0 or
 * a status. */
int ids_feed(const struct app *app, struct feed *feed);

/* Say of each in `missing` that it is not there. */
void ids_missing(const struct app *app, struct batch_run *run, const json_t *missing);

#endif
