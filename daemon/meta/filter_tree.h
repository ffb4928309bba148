/*
 * filter_tree.h - a filter as the parser leaves it and a backend reads it.  Private to this folder.
 *
 * There are no nots in the tree: the parser moves them down to the comparisons, where each is a
 * flag.  A comparison is true or false and never unknown, so this changes nothing.
 */

#ifndef FILTER_TREE_H
#define FILTER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"

enum filter_kind {
	FILTER_AND,		/* of the children, two at least */
	FILTER_OR,
	FILTER_COMPARE,		/* path op values[0]; < <= > >= have numbers and strings only */
	FILTER_IN,		/* path equals one of values */
	FILTER_LIKE,		/* path is a string like values[0] */
	FILTER_EXISTS,		/* there is something at path, be it null */
};

enum filter_op { FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE };

enum filter_type {
	FILTER_NULL,
	FILTER_FALSE,
	FILTER_TRUE,
	FILTER_INTEGER,
	FILTER_REAL,
	FILTER_STRING
};

struct filter_value {
	enum filter_type type;
	int64_t integer;
	double real;		/* finite */
	const char *string;	/* UTF-8 without NUL */
};

struct filter_node {
	enum filter_kind kind;
	bool negated;			/* of a comparison: true where it would be false */
	struct filter_node *children;	/* of AND and OR; the one with the most `need` first */
	struct filter_node *next;	/* the next child of the same parent */
	size_t need;			/* see filter_sql.c */

	const char **path;		/* names from the outside in: not empty, no `"`, no control */
	size_t npath;
	enum filter_op op;
	const struct filter_value *values;
	size_t nvalues;
};

/*
 * No token gives more than one node, value or name, so that as many of each as there are bytes in
 * the text are enough and nothing has to grow.
 */
struct filter {
	const struct filter_node *root;
	struct filter_node *nodes;
	struct filter_value *values;
	const char **names;
	char *strings;			/* what names and values point to */
	size_t nnodes, nvalues, nnames, nstrings;
};

#endif
