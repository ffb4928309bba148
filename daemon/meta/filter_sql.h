/*
 * filter_sql.h - a filter as an SQL expression with parameters.  Private to this folder.
 *
 * How and, or and parameters go together is the same in every database and written once.  What a
 * comparison with a member of a JSON text is, each backend says itself, in its `leaf`.
 *
 * Nothing of what people write stands in the SQL: strings, numbers and paths are all parameters.
 */

#ifndef FILTER_SQL_H
#define FILTER_SQL_H

#include "buf.h"
#include "filter_tree.h"
#include "meta_db.h"

struct filter_sql {
	struct buf text;
	size_t first;			/* the number of the first parameter */
	struct meta_param *params;	/* in order; they borrow from the filter and from `strings` */
	size_t nparams;
	char **strings;			/* made for parameters */
	size_t nstrings;
	size_t room;			/* of params and of strings, each */
	bool failed;			/* out of memory */
};

/*
 * Append the filter to q->text: true or false, never null.  `leaf` appends a comparison by itself,
 * which may be null where it is not true, and sees to nothing of `negated`.  0 or META_ENOMEM.
 */
int filter_sql(const struct filter *f, struct filter_sql *q,
    void (*leaf)(struct filter_sql *q, const struct filter_node *n), struct err *err);

/* For `leaf`: a further parameter; its number.  The string is taken; NULL: there was no memory. */
size_t filter_sql_bind(struct filter_sql *q, struct meta_param p);
size_t filter_sql_bind_string(struct filter_sql *q, char *string);

/* Free what it holds; zeroed memory is fine. */
void filter_sql_fini(struct filter_sql *q);

#endif
