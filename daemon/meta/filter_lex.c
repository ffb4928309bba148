/*
 * filter_lex.c - from bytes to words.
 *
 * Words are ASCII letters, digits, underscores and everything beyond ASCII, so that a name in any
 * language needs no quotes.  The text is UTF-8 already: whoever asks has parsed it from JSON.
 */

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter_lex.h"

static const struct word {
	const char *word;
	enum filter_token token;
	enum filter_type type;		/* of a TOKEN_VALUE */
} words[] = {
	{ "and", TOKEN_AND, FILTER_NULL },
	{ "or", TOKEN_OR, FILTER_NULL },
	{ "not", TOKEN_NOT, FILTER_NULL },
	{ "in", TOKEN_IN, FILTER_NULL },
	{ "like", TOKEN_LIKE, FILTER_NULL },
	{ "exists", TOKEN_EXISTS, FILTER_NULL },
	{ "true", TOKEN_VALUE, FILTER_TRUE },
	{ "false", TOKEN_VALUE, FILTER_FALSE },
	{ "null", TOKEN_VALUE, FILTER_NULL },
};

int
filter_lex_fail(struct filter_lex *l, size_t at, const char *fmt, ...)
{
	char why[160];
	size_t place = 1;
	va_list ap;

	for (size_t i = 0; i < at; i++)
		place += ((unsigned char)l->text[i] & 0xc0) != 0x80;	/* characters, not bytes */
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(l->err, FILTER_BAD, "where: at character %zu: %s", place, why);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c) ||
	    (unsigned char)c >= 0x80;
}

/* The byte at `i`, NUL past the end. */
static char
peek(const struct filter_lex *l, size_t i)
{
	return i < l->n ? l->text[i] : '\0';
}

static void
put(struct filter_lex *l, char c)
{
	l->f->strings[l->f->nstrings++] = c;
}

/* --- numbers ----------------------------------------------------------------------------------- */

static void
skip_digits(struct filter_lex *l)
{
	while (is_digit(peek(l, l->end)))
		l->end++;
}

/* As JSON writes them; the text of a token is short enough to be copied. */
static int
take_number(struct filter_lex *l)
{
	char copy[FILTER_MAX + 1];
	bool whole = true;

	l->end += peek(l, l->end) == '-';
	if (!is_digit(peek(l, l->end)))
		return filter_lex_fail(l, l->at, "- begins no number");
	skip_digits(l);
	if (peek(l, l->end) == '.' && is_digit(peek(l, l->end + 1))) {
		whole = false;
		l->end++;
		skip_digits(l);
	}
	if (peek(l, l->end) == 'e' || peek(l, l->end) == 'E') {
		size_t sign = l->end + 1;
		size_t digits = sign + (peek(l, sign) == '-' || peek(l, sign) == '+');

		if (is_digit(peek(l, digits))) {
			whole = false;
			l->end = digits;
			skip_digits(l);
		}
	}
	if (is_word(peek(l, l->end)) || peek(l, l->end) == '.')
		return filter_lex_fail(l, l->at,
		    "this is no number; a name that begins so goes between backticks");
	memcpy(copy, l->text + l->at, l->end - l->at);
	copy[l->end - l->at] = '\0';
	l->token = TOKEN_VALUE;
	errno = 0;
	l->value.type = FILTER_INTEGER;
	l->value.integer = strtoll(copy, NULL, 10);
	if (whole && errno == 0)
		return 0;
	l->value.type = FILTER_REAL;
	l->value.real = strtod(copy, NULL);
	return isfinite(l->value.real) ? 0 : filter_lex_fail(l, l->at, "the number is too large");
}

/* --- strings ----------------------------------------------------------------------------------- */

/* The four hex digits at `i`, or -1. */
static long
hex4(const struct filter_lex *l, size_t i)
{
	char digits[5] = { peek(l, i), peek(l, i + 1), peek(l, i + 2), peek(l, i + 3), '\0' };

	return strspn(digits, "0123456789abcdefABCDEF") == 4 ? strtol(digits, NULL, 16) : -1;
}

static void
put_utf8(struct filter_lex *l, long c)
{
	if (c < 0x80) {
		put(l, (char)c);
		return;
	}
	if (c < 0x800) {
		put(l, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			put(l, (char)(0xe0 | c >> 12));
		} else {
			put(l, (char)(0xf0 | c >> 18));
			put(l, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		put(l, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	put(l, (char)(0x80 | (c & 0x3f)));
}

/* \uXXXX, or two of them for a character beyond U+FFFF; l->end is at the u. */
static int
take_unicode(struct filter_lex *l)
{
	size_t at = l->end - 1;
	long c = hex4(l, l->end + 1), low;

	l->end += 5;
	if (c >= 0xd800 && c < 0xdc00 && peek(l, l->end) == '\\' && peek(l, l->end + 1) == 'u') {
		low = hex4(l, l->end + 2);
		c = low < 0xdc00 || low >= 0xe000 ? -1 :
		    0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		l->end += 6;
	}
	if (c <= 0 || (c >= 0xd800 && c < 0xe000))
		return filter_lex_fail(l, at, "\\u takes four hex digits of a character, not of NUL");
	put_utf8(l, c);
	return 0;
}

/* A backslash and what it stands for, as in JSON, and the other quote. */
static int
take_escape(struct filter_lex *l)
{
	static const char from[] = "\\\"'/bfnrt", to[] = "\\\"'/\b\f\n\r\t";
	char c = peek(l, ++l->end);
	const char *p = c != '\0' ? strchr(from, c) : NULL;

	if (c == 'u')
		return take_unicode(l);
	if (p == NULL)
		return filter_lex_fail(l, l->end - 1,
		    "a backslash goes before one of \\ \" ' / b f n r t u");
	put(l, to[p - from]);
	l->end++;
	return 0;
}

static int
take_string(struct filter_lex *l)
{
	char quote = peek(l, l->end++);
	int rc;

	l->token = TOKEN_VALUE;
	l->value = (struct filter_value){ .type = FILTER_STRING,
		.string = l->f->strings + l->f->nstrings };
	while (l->end < l->n && l->text[l->end] != quote) {
		if (l->text[l->end] != '\\')
			put(l, l->text[l->end++]);
		else if ((rc = take_escape(l)) != 0)
			return rc;
	}
	if (l->end >= l->n)
		return filter_lex_fail(l, l->at, "the string that begins here does not end");
	l->end++;
	put(l, '\0');
	return 0;
}

/* --- names ------------------------------------------------------------------------------------- */

/* Between backticks: everything as it is. */
static int
take_quoted_name(struct filter_lex *l)
{
	l->token = TOKEN_NAME;
	l->string = l->f->strings + l->f->nstrings;
	for (l->end++; l->end < l->n && l->text[l->end] != '`'; l->end++) {
		if (l->text[l->end] == '"' || (unsigned char)l->text[l->end] < ' ')
			return filter_lex_fail(l, l->end,
			    "a name has no double quotes and no control characters");
		put(l, l->text[l->end]);
	}
	if (l->end >= l->n)
		return filter_lex_fail(l, l->at, "the name that begins here does not end");
	if (l->end++ == l->at + 1)
		return filter_lex_fail(l, l->at, "the name is empty");
	put(l, '\0');
	return 0;
}

static int
take_word(struct filter_lex *l, bool member)
{
	size_t n;

	while (is_word(peek(l, l->end)))
		l->end++;
	n = l->end - l->at;
	for (size_t i = 0; !member && i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == n &&
		    strncasecmp(words[i].word, l->text + l->at, n) == 0) {
			l->token = words[i].token;
			l->value = (struct filter_value){ .type = words[i].type };
			return 0;
		}
	l->token = TOKEN_NAME;
	l->string = l->f->strings + l->f->nstrings;
	for (size_t i = l->at; i < l->end; i++)
		put(l, l->text[i]);
	put(l, '\0');
	return 0;
}

/* --- the rest ---------------------------------------------------------------------------------- */

static int
take_op(struct filter_lex *l)
{
	static const struct { char text[3]; enum filter_op op; } ops[] = {
		{ "!=", FILTER_NE }, { "<=", FILTER_LE }, { ">=", FILTER_GE },	/* the longer first */
		{ "=", FILTER_EQ }, { "<", FILTER_LT }, { ">", FILTER_GT },
	};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		size_t n = strlen(ops[i].text);

		if (n > l->n - l->at || memcmp(ops[i].text, l->text + l->at, n) != 0)
			continue;
		l->token = TOKEN_OP;
		l->op = ops[i].op;
		l->end += n;
		return 0;
	}
	return filter_lex_fail(l, l->at, "\"%c\" means nothing here", l->text[l->at]);
}

int
filter_lex_next(struct filter_lex *l, bool member)
{
	static const char marks[] = "(),.";
	static const enum filter_token tokens[] = { TOKEN_OPEN, TOKEN_CLOSE, TOKEN_COMMA, TOKEN_DOT };
	const char *mark;
	char c;

	while (l->end < l->n && strchr(" \t\r\n", l->text[l->end]) != NULL)
		l->end++;
	l->at = l->end;
	if (l->at >= l->n) {
		l->token = TOKEN_END;
		return 0;
	}
	c = l->text[l->at];
	if (c == '-' || is_digit(c))
		return take_number(l);
	if (c == '"' || c == '\'')
		return take_string(l);
	if (c == '`')
		return take_quoted_name(l);
	if (is_word(c))
		return take_word(l, member);
	if ((mark = strchr(marks, c)) != NULL) {
		l->token = tokens[mark - marks];
		l->end++;
		return 0;
	}
	return take_op(l);
}
