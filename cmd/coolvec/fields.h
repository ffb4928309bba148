/*
 * fields.h - --fields: the columns beside the id.
 */

#ifndef COOLVEC_FIELDS_H
#define COOLVEC_FIELDS_H

#include "app.h"

struct fields {
	struct column columns[COLUMNS_MAX];
	size_t n;
	json_t *names;		/* of those asked for, as the wire takes them */
};

/* Append a column; there is room for all that a command can have. */
void fields_put(struct fields *f, const char *name, enum column_kind kind);

/*
 * Append what --fields asks for, text when it is not given; a name is one of text, key, meta (and
 * vector, with `vector`).  0 or a status; fields_fini in any case.
 */
int fields_parse(const struct app *app, struct fields *f, bool vector);
void fields_fini(struct fields *f);

#endif
