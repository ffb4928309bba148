/*
 * filter_sql.c - the tree as a row of operators.
 *
 * A database's parser keeps what it has read and not yet understood on a stack, and SQLite's has
 * room for 100: "a AND (b AND (c" is seven of them, and filters may nest 32 deep.  Written the other
 * way round, "((c AND ..) AND b) AND a", an open parenthesis is one and an operand that waits two.
 * That is what `need` counts, 1 + the most of what the first child needs and 2 + what a later one
 * needs, and why the child that needs most goes first.
 */

#include <stdlib.h>

#include "filter_sql.h"

static bool
grow(struct filter_sql *q)
{
	size_t room = q->room == 0 ? 16 : 2 * q->room;
	struct meta_param *params;
	char **strings;

	if (q->nparams < q->room)
		return true;
	if ((params = reallocarray(q->params, room, sizeof(*params))) != NULL)
		q->params = params;
	if ((strings = reallocarray(q->strings, room, sizeof(*strings))) != NULL)
		q->strings = strings;
	if (params != NULL && strings != NULL)
		q->room = room;
	return params != NULL && strings != NULL;
}

size_t
filter_sql_bind(struct filter_sql *q, struct meta_param p)
{
	if (!grow(q))
		q->failed = true;
	else
		q->params[q->nparams++] = p;
	return q->first + q->nparams - 1;
}

size_t
filter_sql_bind_string(struct filter_sql *q, char *string)
{
	if (string == NULL || !grow(q)) {
		free(string);
		q->failed = true;
		return q->first;
	}
	q->strings[q->nstrings++] = string;	/* never more than parameters */
	return filter_sql_bind(q, param_text(string));
}

static void
put_node(struct filter_sql *q, const struct filter_node *n,
    void (*leaf)(struct filter_sql *q, const struct filter_node *n))
{
	bool row = n->kind == FILTER_AND || n->kind == FILTER_OR;

	buf_putc(&q->text, '(');
	if (!row)
		leaf(q, n);
	for (const struct filter_node *c = n->children; c != NULL; c = c->next) {
		if (c != n->children)
			buf_puts(&q->text, n->kind == FILTER_AND ? " AND " : " OR ");
		put_node(q, c, leaf);
	}
	buf_putc(&q->text, ')');
	if (!row)
		buf_puts(&q->text, n->negated ? " IS NOT TRUE" : " IS TRUE");
}

int
filter_sql(const struct filter *f, struct filter_sql *q,
    void (*leaf)(struct filter_sql *q, const struct filter_node *n), struct err *err)
{
	put_node(q, f->root, leaf);
	if (q->failed || q->text.failed)
		return err_set(err, META_ENOMEM, "no memory for a filter");
	return 0;
}

void
filter_sql_fini(struct filter_sql *q)
{
	buf_fini(&q->text);
	for (size_t i = 0; i < q->nstrings; i++)
		free(q->strings[i]);
	free(q->strings);
	free(q->params);
	*q = (struct filter_sql){ 0 };
}
