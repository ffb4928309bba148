/*
 * space_open.h - a collection's files, opened and closed.
 */

#ifndef SPACE_OPEN_H
#define SPACE_OPEN_H

#include "space.h"

/*
 * Open the files of s->info against its rows: brings n_vecs up to what the rows say, tells libvec
 * which slots are live, and checks the vectors that the graph does not hold yet, a few of the others, and
 * all of them when some of these are not sound, against their rows' checksums.  0, META_NONE when the collection is gone, or -1 with *code and the reason.
 */
int space_open(struct daemon *d, struct space *s, enum wire_code *code, struct err *err);

/*
 * What a space has beside its files, from s->info: 0, or -1 when there is no memory.  And all that it
 * has, also when it was never opened, given back.
 */
int space_init(struct space *s);
void space_fini(struct space *s);

/* How libvec is to open the collection's present generation, but for what is live. */
void space_options(const struct meta_collection *c, struct vec_options *o);

/* The embedder of s->info, if it has one and this daemon has that version of it. */
int space_open_embedder(struct daemon *d, struct space *s, enum wire_code *code, struct err *err);

/* Write a checkpoint when one is due, close; a dropped collection's folder is removed. */
void space_close(struct daemon *d, struct space *s);

#endif
