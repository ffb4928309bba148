/*
 * line.h - a line from the person at the terminal.
 *
 * line_readline.c edits it, completes it and remembers it; line_plain.c, for a build without
 * readline, lets the terminal do what it can.
 */

#ifndef COOLVEC_LINE_H
#define COOLVEC_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* What a word may become. */
struct candidates {
	char **words;		/* n of them */
	size_t n, room;
	bool files;		/* names of files */
};

enum line_rc { LINE_READ, LINE_END, LINE_INTERRUPTED };

/*
 * Begin.  Lines given to line_keep are remembered in the file `history` (0600, made when it is not
 * there, at most LINE_HISTORY of them), unless it is NULL.  `complete` fills `out` with what `word`
 * may become after the text `before`.
 */
#define LINE_HISTORY 1000
void line_open(const char *history,
    void (*complete)(void *arg, const char *before, const char *word, struct candidates *out),
    void *arg);
void line_close(void);

/*
 * Ask for a line.  LINE_READ and *line (free it); LINE_END: Ctrl-D on an empty line, or the
 * terminal is gone; LINE_INTERRUPTED: `interrupt` (interrupt.h) was told of Ctrl-C, and what was
 * typed is gone.
 * After the last two the terminal stands at the beginning of a line.
 */
enum line_rc line_read(const char *prompt, int interrupt, char **line);

/* Remember a line. */
void line_keep(const char *line);

#endif
