/*
 * filter_parse.c - the grammar, one function a rule.
 *
 *	any     = all { "or" all }
 *	all     = one { "and" one }
 *	one     = "not" one | "(" any ")" | "exists" "(" path ")" | path [ test ]
 *	test    = op value | "in" "(" value { "," value } ")" | "like" string
 *	path    = name { "." name }
 *
 * A not is carried down as `negate`: there an "and" becomes an "or" of what is negated, and the
 * other way round.  Recursion is bounded by FILTER_DEPTH_MAX, everything else by the text's length.
 */

#include <stdlib.h>
#include <string.h>

#include "filter_lex.h"
#include "meta.h"

struct parser {
	struct filter_lex lex;
	struct filter *f;
	size_t depth;
};

static int parse_any(struct parser *p, bool negate, struct filter_node **out);

static int
next(struct parser *p)
{
	return filter_lex_next(&p->lex, false);
}

/* The token cannot stand where it does. */
static int
unexpected(struct parser *p, const char *wanted)
{
	struct filter_lex *l = &p->lex;
	size_t n = l->end - l->at;

	if (l->token == TOKEN_END)
		return filter_lex_fail(l, l->at, "%s is missing", wanted);
	while (n > 40 || (n > 0 && l->at + n < l->n && (l->text[l->at + n] & 0xc0) == 0x80))
		n--;		/* not inside a character */
	return filter_lex_fail(l, l->at, "%s is missing before %.*s", wanted, (int)n,
	    l->text + l->at);
}

static int
expect(struct parser *p, enum filter_token token, const char *wanted)
{
	return p->lex.token == token ? next(p) : unexpected(p, wanted);
}

static struct filter_node *
node_new(struct parser *p, enum filter_kind kind, bool negate)
{
	struct filter_node *n = &p->f->nodes[p->f->nnodes++];

	n->kind = kind;
	n->negated = negate;
	return n;
}

/* --- comparisons ------------------------------------------------------------------------------- */

static int
parse_path(struct parser *p, struct filter_node *n)
{
	int rc;

	n->path = p->f->names + p->f->nnames;
	for (;;) {
		if (p->lex.token != TOKEN_NAME)
			return unexpected(p, "a name");
		p->f->names[p->f->nnames++] = p->lex.string;
		n->npath++;
		if ((rc = next(p)) != 0 || p->lex.token != TOKEN_DOT)
			return rc;
		if ((rc = filter_lex_next(&p->lex, true)) != 0)
			return rc;
	}
}

static int
parse_value(struct parser *p, struct filter_node *n)
{
	if (p->lex.token != TOKEN_VALUE)
		return unexpected(p, "a string, a number, true, false or null");
	if (n->values == NULL)
		n->values = p->f->values + p->f->nvalues;
	p->f->values[p->f->nvalues++] = p->lex.value;
	n->nvalues++;
	return next(p);
}

static int
parse_op(struct parser *p, struct filter_node *n)
{
	size_t at = p->lex.at;
	int rc;

	n->kind = FILTER_COMPARE;
	n->op = p->lex.op;
	if ((rc = next(p)) != 0 || (rc = parse_value(p, n)) != 0)
		return rc;
	if (n->op != FILTER_EQ && n->op != FILTER_NE && n->values[0].type < FILTER_INTEGER)
		return filter_lex_fail(&p->lex, at, "true, false and null are in no order");
	return 0;
}

static int
parse_in(struct parser *p, struct filter_node *n)
{
	int rc;

	n->kind = FILTER_IN;
	if ((rc = next(p)) != 0 || (rc = expect(p, TOKEN_OPEN, "(")) != 0 ||
	    (rc = parse_value(p, n)) != 0)
		return rc;
	while (p->lex.token == TOKEN_COMMA)
		if ((rc = next(p)) != 0 || (rc = parse_value(p, n)) != 0)
			return rc;
	return expect(p, TOKEN_CLOSE, ")");
}

static int
parse_like(struct parser *p, struct filter_node *n)
{
	int rc;

	n->kind = FILTER_LIKE;
	if ((rc = next(p)) != 0)
		return rc;
	if (p->lex.token != TOKEN_VALUE || p->lex.value.type != FILTER_STRING)
		return unexpected(p, "a string");
	return parse_value(p, n);
}

/* A path, and what is asked of it: nothing more asks whether it is true. */
static int
parse_comparison(struct parser *p, bool negate, struct filter_node **out)
{
	static const struct filter_value truth = { .type = FILTER_TRUE };
	struct filter_node *n = *out = node_new(p, FILTER_COMPARE, negate);
	int rc;

	if ((rc = parse_path(p, n)) != 0)
		return rc;
	switch (p->lex.token) {
	case TOKEN_OP: return parse_op(p, n);
	case TOKEN_IN: return parse_in(p, n);
	case TOKEN_LIKE: return parse_like(p, n);
	default:
		n->op = FILTER_EQ;
		n->values = &truth;
		n->nvalues = 1;
		return 0;
	}
}

static int
parse_exists(struct parser *p, bool negate, struct filter_node **out)
{
	int rc;

	*out = node_new(p, FILTER_EXISTS, negate);
	if ((rc = next(p)) != 0 || (rc = expect(p, TOKEN_OPEN, "(")) != 0 ||
	    (rc = parse_path(p, *out)) != 0)
		return rc;
	return expect(p, TOKEN_CLOSE, ")");
}

/* --- and, or, not ------------------------------------------------------------------------------ */

static int
parse_one(struct parser *p, bool negate, struct filter_node **out)
{
	enum filter_token token = p->lex.token;
	int rc;

	if (token == TOKEN_EXISTS)
		return parse_exists(p, negate, out);
	if (token != TOKEN_NOT && token != TOKEN_OPEN)
		return parse_comparison(p, negate, out);
	if (++p->depth > FILTER_DEPTH_MAX)
		return filter_lex_fail(&p->lex, p->lex.at, "nested deeper than %d", FILTER_DEPTH_MAX);
	if ((rc = next(p)) != 0)
		return rc;
	if (token == TOKEN_NOT)
		rc = parse_one(p, !negate, out);
	else if ((rc = parse_any(p, negate, out)) == 0)
		rc = expect(p, TOKEN_CLOSE, ")");
	p->depth--;
	return rc;
}

/* Put a child in; the neediest stays in front, the order is of no matter else. */
static void
adopt(struct filter_node *parent, struct filter_node *child)
{
	struct filter_node *first = parent->children;
	size_t rest;

	if (first == NULL || child->need > first->need) {
		child->next = first;
		parent->children = child;
	} else {
		child->next = first->next;
		first->next = child;
	}
	rest = parent->children == child ? (first != NULL ? first->need : 0) : child->need;
	if (parent->need < parent->children->need + 1)
		parent->need = parent->children->need + 1;
	if (parent->need < rest + 3)
		parent->need = rest + 3;
}

/* One or more of `part` with `token` between them. */
static int
parse_row(struct parser *p, bool negate, enum filter_token token, enum filter_kind kind,
    int (*part)(struct parser *p, bool negate, struct filter_node **out), struct filter_node **out)
{
	struct filter_node *first, *more;
	int rc;

	if ((rc = part(p, negate, &first)) != 0)
		return rc;
	*out = first;
	if (p->lex.token != token)
		return 0;
	*out = node_new(p, kind, false);
	adopt(*out, first);
	while (p->lex.token == token) {
		if ((rc = next(p)) != 0 || (rc = part(p, negate, &more)) != 0)
			return rc;
		adopt(*out, more);
	}
	return 0;
}

static int
parse_all(struct parser *p, bool negate, struct filter_node **out)
{
	return parse_row(p, negate, TOKEN_AND, negate ? FILTER_OR : FILTER_AND, parse_one, out);
}

static int
parse_any(struct parser *p, bool negate, struct filter_node **out)
{
	return parse_row(p, negate, TOKEN_OR, negate ? FILTER_AND : FILTER_OR, parse_all, out);
}

/* --- the whole --------------------------------------------------------------------------------- */

static struct filter *
filter_new(size_t n)
{
	struct filter *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->nodes = calloc(n + 1, sizeof(*f->nodes));
	f->values = calloc(n + 1, sizeof(*f->values));
	f->names = calloc(n + 1, sizeof(*f->names));
	f->strings = calloc(n + 1, 2);		/* a NUL more for each */
	if (f->nodes != NULL && f->values != NULL && f->names != NULL && f->strings != NULL)
		return f;
	filter_free(f);
	return NULL;
}

int
filter_parse(const char *text, size_t n, struct filter **out, struct err *err)
{
	struct parser p = { .lex = { .text = text, .n = n, .err = err } };
	struct filter_node *root;
	int rc;

	*out = NULL;
	if (n > FILTER_MAX)
		return err_set(err, FILTER_BAD, "where: %zu bytes, more than %d", n, FILTER_MAX);
	if (memchr(text, '\0', n) != NULL)
		return err_set(err, FILTER_BAD, "where: a NUL in it");
	if ((p.f = p.lex.f = filter_new(n)) == NULL)
		return err_set(err, META_ENOMEM, "no memory for a filter");
	if ((rc = next(&p)) != 0 || (rc = parse_any(&p, false, &root)) != 0)
		goto out;
	if (p.lex.token != TOKEN_END) {
		rc = unexpected(&p, "and, or, or the end");
		goto out;
	}
	p.f->root = root;
	*out = p.f;
	p.f = NULL;		/* now the caller's */
out:
	filter_free(p.f);
	return rc;
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	free(f->nodes);
	free(f->values);
	free(f->names);
	free(f->strings);
	free(f);
}
