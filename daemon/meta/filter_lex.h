/*
 * filter_lex.h - the words of a filter.  Private to this folder.
 */

#ifndef FILTER_LEX_H
#define FILTER_LEX_H

#include "filter_tree.h"

enum filter_token {
	TOKEN_END,
	TOKEN_NAME,		/* lex->string */
	TOKEN_VALUE,		/* lex->value */
	TOKEN_OP,		/* lex->op */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_DOT,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_IN,
	TOKEN_LIKE,
	TOKEN_EXISTS,
};

struct filter_lex {
	const char *text;
	size_t n;
	size_t at, end;		/* the token's bytes are at .. end - 1 */
	enum filter_token token;
	const char *string;	/* of a name */
	struct filter_value value;
	enum filter_op op;
	struct filter *f;	/* whose `strings` hold names and strings */
	struct err *err;
};

/* Read the next token.  After TOKEN_DOT (`member`) every word is a name.  0 or FILTER_BAD. */
int filter_lex_next(struct filter_lex *l, bool member);

/* Fill l->err with a sentence about the byte `at`.  Returns FILTER_BAD. */
int filter_lex_fail(struct filter_lex *l, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
