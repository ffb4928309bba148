/*
 * split.c - a line into words.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "split.h"
#include "wire.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/*
 * Copy one word from *from to *to, without its quotes.  NULL; or where a quote is that is not
 * closed, or a backslash with nothing behind it.
 */
static const char *
copy_word(const char **from, char **to)
{
	const char *s = *from, *open = NULL;
	char *out = *to;
	char quote = '\0';

	for (; *s != '\0' && (quote != '\0' || !is_blank(*s)); s++) {
		if (quote == '\0' && (*s == '\'' || *s == '"')) {
			quote = *s;
			open = s;
		} else if (quote != '\0' && *s == quote) {
			quote = '\0';
			open = NULL;
		} else if (*s == '\\' && (quote == '\0' ||
		    (quote == '"' && (s[1] == '"' || s[1] == '\\')))) {
			if (s[1] == '\0') {
				open = s;
				continue;
			}
			*out++ = *++s;
		} else {
			*out++ = *s;
		}
	}
	*out++ = '\0';
	*from = s;
	*to = out;
	return open;
}

int
words_split(const char *line, struct words *w, struct err *err)
{
	const char *s = line, *open = NULL;
	size_t n = strlen(line);
	char *room;

	/* words are parted by a blank at least, so there are no more than n / 2 + 1; a copy that is
	 * as long as the line, and the NUL of the last word, stands behind the pointers to them */
	*w = (struct words){ .v = malloc((n / 2 + 2) * sizeof(char *) + n + 2) };
	if (w->v == NULL)
		return err_set(err, EXIT_FAILED, "out of memory");
	room = (char *)(w->v + n / 2 + 2);
	for (;;) {
		while (is_blank(*s))
			s++;
		if (*s == '\0' || open != NULL)
			break;
		w->v[w->n++] = room;
		open = copy_word(&s, &room);
	}
	w->v[w->n] = NULL;
	if (open == NULL)
		return 0;
	if (*open == '\\')
		return err_set(err, EXIT_USAGE,
		    "a backslash at the end takes the next character, and there is none");
	return err_set(err, EXIT_USAGE, "the quote at character %zu is not closed",
	    (size_t)(open - line) + 1);
}

void
words_fini(struct words *w)
{
	free(w->v);
	*w = (struct words){ 0 };
}
