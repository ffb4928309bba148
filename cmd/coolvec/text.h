/*
 * text.h - other people's text on its way to a terminal or into a pipe.
 */

#ifndef COOLVEC_TEXT_H
#define COOLVEC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum text_form {
	TEXT_FIELD,	/* TSV: control characters and the backslash escaped, reversibly */
	TEXT_SCREEN,	/* the same, and what would disturb the line: separators, direction marks */
	TEXT_SENTENCE,	/* for people only: as on a screen, but a backslash stays one */
};

/*
 * Append `n` bytes of UTF-8 with the escapes \t \n \r \\ \xHH (and on a screen \u{HHHH}).  Bytes
 * that are not UTF-8 are escaped too.
 */
void text_escape(struct buf *out, const char *s, size_t n, enum text_form form);

/*
 * Append what text_escape made of it, undone (TEXT_FIELD).  False: there is a backslash that begins
 * no escape, or no memory.
 */
bool text_unescape(struct buf *out, const char *s, size_t n);

/* Columns that escaped text takes on a terminal. */
size_t text_width(const char *s, size_t n);

/*
 * Bytes of the longest beginning of `s` that takes at most `width` columns; a combining character
 * stays with its base.  *cols is what it takes.
 */
size_t text_fit(const char *s, size_t n, size_t width, size_t *cols);

/*
 * Append JSON text so that no control character is raw: jansson escapes those below U+0020, this
 * U+007F to U+009F.
 */
void text_escape_json(struct buf *out, const char *s, size_t n);

/* Whether it is UTF-8. */
bool text_valid(const char *s, size_t n);

/* Whether it is empty or holds only ASCII blanks. */
bool text_blank(const char *s, size_t n);

#endif
