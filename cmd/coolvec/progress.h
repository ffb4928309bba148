/*
 * progress.h - how far a long command is, on standard error, once a second.
 *
 * On a terminal one line that is written over; off a terminal, and only when asked for, plain
 * lines.  There is one progress in a process.
 */

#ifndef COOLVEC_PROGRESS_H
#define COOLVEC_PROGRESS_H

#include <stdint.h>

/*
 * When a line is shown on a terminal: never; when results do not scroll by there, for they show
 * enough; or anyhow, for there are none until the end.  PROGRESS_ALWAYS is also off a terminal.
 */
enum progress_when { PROGRESS_NEVER, PROGRESS_NO_RESULTS, PROGRESS_TERMINAL, PROGRESS_ALWAYS };

/*
 * Begin; it is shown from the first second on.  `verb` is the past tense: "added".  `total` is what
 * `bytes` of progress_step will be at the end, 0 when that is not known.
 */
void progress_begin(const char *verb, uint64_t total, enum progress_when when);

/* So many are done, and so many bytes of the input are behind them. */
void progress_step(uint64_t done, uint64_t bytes);

/* Milliseconds until progress_step has something to show; -1: never. */
int progress_due(void);

/* Take the line off the terminal, before something else is written there. */
void progress_hide(void);

/* The last word: on a terminal the line goes, else a last line is printed. */
void progress_end(uint64_t done, uint64_t bytes);

#endif
